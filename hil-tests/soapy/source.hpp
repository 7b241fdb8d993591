// Where a device's samples come from.
#pragma once

#include "model.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace skyhound {

using Clock = std::chrono::steady_clock;

// How the device is set when samples are taken.
struct Setting {
    // Really taken per second: the asked rate times that of the fault.
    double rate_sps;
    double center_hz, gain_db;
    bool agc;
};

enum class Taken { Samples, Late, Gone };

class Source {
public:
    Source(std::string form, double full_scale) : form(std::move(form)), full_scale(full_scale) {}
    virtual ~Source() = default;
    // The form of its samples, in SoapySDR's word, and their full scale.
    const std::string form;
    const double full_scale;
    // Most samples it is asked for at once.
    virtual size_t piece(double rate_sps, size_t mtu) const = 0;
    // Puts `count` samples from index `from` on into `to`. Late: not until `deadline`; ask again for the same.
    virtual Taken take(char *to, uint64_t from, size_t count, const Setting &setting, Clock::time_point deadline) = 0;
};

inline size_t bytes_of(const std::string &form)
{
    return form == SOAPY_SDR_CF32 ? 8 : form == SOAPY_SDR_CS16 ? 4 : 2;
}

// A tone in noise, so far above the tuned frequency.
std::unique_ptr<Source> tone(double hz);
// The world behind a socket; throws when nobody is there or somebody else has the device.
std::unique_ptr<Source> world(const std::string &socket, const Model &model);
// Whether anybody listens on the socket.
bool world_is_there(const std::string &socket);

// Turns `count` samples of a source's form into the stream's format, as drivers do it. Where both are the same they are
// copied. CU8 becomes CS8 by taking off 127 and floats by taking off 127.4, as SoapyRTLSDR does it.
void convert(const Source &source, const Model &model, const char *from, const std::string &format, char *to, size_t count);

} // namespace skyhound
