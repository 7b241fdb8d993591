// A recording, or two seconds of a tone in noise rounded to whole turns of the tone, played over and over.

#include "source.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <random>

namespace skyhound {
namespace {

template <typename T> void put(char *to, double value)
{
    const auto v = static_cast<T>(value);
    std::memcpy(to, &v, sizeof v);
}

class Playback : public Source {
public:
    size_t piece(double, size_t mtu) const override { return mtu; }

    Taken take(char *to, uint64_t from, size_t count, const Setting &, Clock::time_point) override
    {
        const size_t bytes = bytes_of(form), total = data.size() / bytes;
        for (uint64_t at = from % total; count > 0; at = 0) {
            const size_t run = std::min<size_t>(count, total - at);
            std::memcpy(to, &data[at * bytes], run * bytes);
            to += run * bytes;
            count -= run;
        }
        return Taken::Samples;
    }

    void read(const std::string &file)
    {
        std::ifstream in(file, std::ios::binary);
        if (!in) throw std::runtime_error("cannot read " + file);
        data.assign(std::istreambuf_iterator<char>(in), {});
        data.resize(data.size() / bytes_of(form) * bytes_of(form));
        if (data.empty()) throw std::runtime_error("no sample in " + file);
    }

    void make_tone(const Kwargs &args, const Setting &setting)
    {
        // Levels are at 20 dB of gain; more gain is more signal.
        const double gain_db = setting.agc ? 15 : setting.gain_db - 20;
        const double tone = std::pow(10, (number(args, "tone_dbfs", -20) + gain_db) / 20);
        const double noise = std::pow(10, (number(args, "noise_dbfs", -60) + gain_db) / 20) / std::sqrt(2);
        const auto samples = static_cast<size_t>(2 * setting.rate_sps);
        const double tuned_hz = setting.center_hz * (1 + number(args, "oscillator_ppm", 0) * 1e-6);
        const double emitter_hz = number(args, "emitter_hz", 0);
        const double tone_hz = emitter_hz > 0 ? emitter_hz - tuned_hz : number(args, "tone_hz", 20e3);
        const double turns = std::round(tone_hz / setting.rate_sps * static_cast<double>(samples));
        std::mt19937 random(1);
        std::normal_distribution<double> gauss;
        const size_t part = bytes_of(form) / 2;
        data.resize(samples * 2 * part);
        for (size_t i = 0; i < samples; i++) {
            const double phase = 2 * M_PI * turns * static_cast<double>(i) / static_cast<double>(samples);
            const double iq[2] = {
                tone * std::cos(phase) + noise * gauss(random), tone * std::sin(phase) + noise * gauss(random)};
            for (size_t k = 0; k < 2; k++) {
                const double top = form == SOAPY_SDR_CF32 ? full_scale : full_scale - 1;
                const double scaled = std::clamp(iq[k] * full_scale, -full_scale, top);
                char *to = &data[(2 * i + k) * part];
                if (form == SOAPY_SDR_CS8)
                    put<int8_t>(to, std::round(scaled));
                else if (form == SOAPY_SDR_CU8)
                    put<uint8_t>(to, std::clamp(std::round(scaled + 127.4), 0.0, 255.0));
                else if (form == SOAPY_SDR_CS16)
                    put<int16_t>(to, std::round(scaled));
                else
                    put<float>(to, scaled);
            }
        }
    }

private:
    std::vector<char> data;
};

} // namespace

std::unique_ptr<Source> playback(const Kwargs &args, const Model &model, const std::string &format, const Setting &setting)
{
    auto made = std::make_unique<Playback>();
    made->form = format;
    made->full_scale = model.native == format ? model.full_scale
        : format == SOAPY_SDR_CF32            ? 1
        : format == SOAPY_SDR_CS16            ? 32768
                                              : 128;
    const std::string file = arg(args, "file", "");
    if (file.empty())
        made->make_tone(args, setting);
    else
        made->read(file);
    return made;
}

} // namespace skyhound
