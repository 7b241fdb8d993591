// A tone in noise: -20 dBFS over -60 at 20 dB of gain; more gain is more of both, and the AGC lifts them by 15 dB.

#include "source.hpp"

#include <cmath>
#include <random>

namespace skyhound {
namespace {

class Tone : public Source {
public:
    explicit Tone(double hz) : Source(SOAPY_SDR_CF32, 1), hz_(hz) {}

    size_t piece(double, size_t mtu) const override { return mtu; }

    Taken take(char *to, uint64_t from, size_t count, const Setting &setting, Clock::time_point) override
    {
        const double gain = std::pow(10, (setting.agc ? 15 : setting.gain_db - 20) / 20);
        auto *made = reinterpret_cast<float *>(to);
        for (size_t i = 0; i < count; i++) {
            const double phase = 2 * M_PI * std::fmod(hz_ / setting.rate_sps * static_cast<double>(from + i), 1);
            made[2 * i] = static_cast<float>(gain * (0.1 * std::cos(phase) + noise_(random_)));
            made[2 * i + 1] = static_cast<float>(gain * (0.1 * std::sin(phase) + noise_(random_)));
        }
        return Taken::Samples;
    }

private:
    double hz_;
    std::mt19937 random_{1};
    std::normal_distribution<double> noise_{0, 0.001 / std::sqrt(2)};
};

} // namespace

std::unique_ptr<Source> tone(double hz) { return std::make_unique<Tone>(hz); }

} // namespace skyhound
