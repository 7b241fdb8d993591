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
    virtual ~Source() = default;
    // The form of its samples, in SoapySDR's word, and their full scale.
    std::string form;
    double full_scale = 1;
    // Most samples it is asked for at once.
    virtual size_t piece(double rate_sps, size_t mtu) const = 0;
    // Puts `count` samples from index `from` on into `to`. Late: not until `deadline`; ask again for the same.
    virtual Taken take(char *to, uint64_t from, size_t count, const Setting &setting, Clock::time_point deadline) = 0;
};

inline size_t bytes_of(const std::string &form)
{
    return form == SOAPY_SDR_CF32 ? 8 : form == SOAPY_SDR_CS16 ? 4 : 2;
}

// A recording or a tone in the stream's format; throws when it cannot be had.
std::unique_ptr<Source> playback(const Kwargs &args, const Model &model, const std::string &format, const Setting &setting);
// The world behind a socket; throws when nobody is there or somebody else has the device.
std::unique_ptr<Source> world(const std::string &socket, const Model &model);
// Whether anybody listens on the socket.
bool world_is_there(const std::string &socket);

} // namespace skyhound
