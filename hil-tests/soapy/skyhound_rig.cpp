// A SoapySDR driver without hardware: driver=skyhound-rig. It streams a recording or a tone in noise in real time, with
// faults on command, so that the program under test meets the real SoapySDR library.
//
// Device arguments
//   file=PATH          raw samples in the stream's format, over and over; else a tone in noise
//   native=CS16        native format: CS8, CS16 or CF32;  fullscale=2048: its full scale (12 bits in 16)
//   tone_hz=20000 tone_dbfs=-20 noise_dbfs=-60   at 20 dB of gain; AGC on lifts both by 15 dB
//   emitter_hz=433.94e6 oscillator_ppm=20   instead of tone_hz: an emitter, heard through an oscillator that is fast
//   mtu=4096           samples handed over at once
//   times=1            timestamps with every buffer
//   control=PATH       file with the state, read when it changes; see below
//   serial=TEXT        for the list
// Control file: words, any of
//   overflow=N         the Nth told overflow: when N rises, drop 20 ms and answer OVERFLOW once
//   skip=N:MS          the Nth untold loss: when N rises, drop MS milliseconds and say nothing
//   stall              no samples: TIMEOUT until the word goes
//   unplug             reads answer STREAM_ERROR and the device cannot be opened;  unplug=silent: TIMEOUT for ever instead
//   rate=R             deliver R times the asked rate
//   hang               reads do not come back for a minute, whatever their time-out
//   stuck              the same buffer again and again
// A device that was unplugged stays dead after the word goes: it must be opened again, as a real one.

#include <SoapySDR/Device.hpp>
#include <SoapySDR/Formats.hpp>
#include <SoapySDR/Registry.hpp>
#include <SoapySDR/Time.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

#include <sys/stat.h>

namespace {

using Clock = std::chrono::steady_clock;
using SoapySDR::Kwargs;

std::string arg(const Kwargs &args, const std::string &key, const std::string &otherwise)
{
    const auto it = args.find(key);
    return it == args.end() ? otherwise : it->second;
}

double number(const Kwargs &args, const std::string &key, double otherwise)
{
    const auto it = args.find(key);
    return it == args.end() ? otherwise : std::stod(it->second);
}

// The faults asked for, read again whenever the file changes.
class Control {
public:
    explicit Control(std::string path) : path_(std::move(path)) { refresh(); }

    void refresh()
    {
        struct stat now = {};
        if (path_.empty() || stat(path_.c_str(), &now) != 0) return;
        if (now.st_mtim.tv_sec == seen_.tv_sec && now.st_mtim.tv_nsec == seen_.tv_nsec) return;
        seen_ = now.st_mtim;
        words_.clear();
        std::ifstream in(path_);
        for (std::string word; in >> word;) {
            const auto cut = word.find('=');
            words_[word.substr(0, cut)] = cut == std::string::npos ? "" : word.substr(cut + 1);
        }
    }

    bool has(const std::string &word) const { return words_.count(word) != 0; }
    std::string value(const std::string &word) const { return has(word) ? words_.at(word) : ""; }
    double number(const std::string &word, double otherwise) const
    {
        return value(word).empty() ? otherwise : std::stod(value(word));
    }

private:
    std::string path_;
    struct timespec seen_ = {};
    Kwargs words_;
};

class RigDevice : public SoapySDR::Device {
public:
    explicit RigDevice(const Kwargs &args)
        : args_(args), control_(arg(args, "control", "")), native_(arg(args, "native", SOAPY_SDR_CS16)),
          mtu_(static_cast<size_t>(number(args, "mtu", 4096))), times_(number(args, "times", 1) != 0)
    {
        const double own = native_ == SOAPY_SDR_CS8 ? 128 : native_ == SOAPY_SDR_CS16 ? 32768 : 1;
        full_scale_ = number(args, "fullscale", own);
        if (control_.has("unplug")) throw std::runtime_error("skyhound-rig is unplugged");
        overflows_ = control_.number("overflow", 0);
        skips_ = control_.number("skip", 0);
    }

    std::string getDriverKey() const override { return "skyhound-rig"; }
    std::string getHardwareKey() const override { return "simulated"; }
    Kwargs getHardwareInfo() const override { return {{"origin", "skyhound rig"}}; }
    size_t getNumChannels(const int direction) const override { return direction == SOAPY_SDR_RX ? 1 : 0; }

    // Stream formats
    std::vector<std::string> getStreamFormats(const int, const size_t) const override
    {
        return {SOAPY_SDR_CS8, SOAPY_SDR_CS16, SOAPY_SDR_CF32};
    }
    std::string getNativeStreamFormat(const int, const size_t, double &fullScale) const override
    {
        fullScale = full_scale_;
        return native_;
    }

    // Antennas, gain, AGC
    std::vector<std::string> listAntennas(const int, const size_t) const override { return {"RX", "AUX"}; }
    void setAntenna(const int, const size_t, const std::string &name) override { antenna_ = name; }
    std::string getAntenna(const int, const size_t) const override { return antenna_; }
    bool hasGainMode(const int, const size_t) const override { return true; }
    void setGainMode(const int, const size_t, const bool automatic) override { agc_ = automatic; }
    bool getGainMode(const int, const size_t) const override { return agc_; }
    std::vector<std::string> listGains(const int, const size_t) const override { return {"LNA", "VGA"}; }
    void setGain(const int, const size_t, const std::string &name, const double value) override
    {
        // Steps of 1 dB, as real amplifiers have them.
        (name == "LNA" ? lna_db_ : vga_db_) = std::round(value);
    }
    double getGain(const int, const size_t, const std::string &name) const override
    {
        return name == "LNA" ? lna_db_ : vga_db_;
    }
    SoapySDR::Range getGainRange(const int, const size_t, const std::string &name) const override
    {
        return name == "LNA" ? SoapySDR::Range(0, 30, 1) : SoapySDR::Range(0, 20, 1);
    }

    // Frequency, rate, bandwidth. There is no component CORR: the program must correct by tuning.
    std::vector<std::string> listFrequencies(const int, const size_t) const override { return {"RF"}; }
    void setFrequency(const int, const size_t, const std::string &, const double hz, const Kwargs &) override
    {
        frequency_hz_ = hz;
    }
    double getFrequency(const int, const size_t, const std::string &) const override { return frequency_hz_; }
    SoapySDR::RangeList getFrequencyRange(const int, const size_t, const std::string &) const override
    {
        return {SoapySDR::Range(24e6, 1766e6)};
    }
    void setSampleRate(const int, const size_t, const double rate) override
    {
        if (rate < 8e3 || rate > 20e6) throw std::runtime_error("rate out of range");
        // Like a divided clock: what it takes is not quite what was asked above 10 MS/s.
        rate_ = rate > 10e6 ? 10e6 : rate;
    }
    double getSampleRate(const int, const size_t) const override { return rate_; }
    SoapySDR::RangeList getSampleRateRange(const int, const size_t) const override
    {
        return {SoapySDR::Range(8e3, 10e6)};
    }
    void setBandwidth(const int, const size_t, const double hz) override { bandwidth_hz_ = hz; }
    double getBandwidth(const int, const size_t) const override { return bandwidth_hz_; }
    SoapySDR::RangeList getBandwidthRange(const int, const size_t) const override
    {
        return {SoapySDR::Range(200e3, 8e6)};
    }

    // Sensors show the settings that no read-back of the API shows.
    std::vector<std::string> listSensors() const override { return {"agc", "tuned_hz"}; }
    std::string readSensor(const std::string &name) const override
    {
        return name == "agc" ? (agc_ ? "on" : "off") : std::to_string(frequency_hz_);
    }

    // Streaming
    SoapySDR::Stream *setupStream(
        const int, const std::string &format, const std::vector<size_t> &, const Kwargs &args) override
    {
        const auto formats = getStreamFormats(SOAPY_SDR_RX, 0);
        if (std::find(formats.begin(), formats.end(), format) == formats.end())
            throw std::runtime_error("unknown format " + format);
        format_ = format;
        mtu_ = static_cast<size_t>(number(args, "bufflen", static_cast<double>(mtu_)));
        load();
        return reinterpret_cast<SoapySDR::Stream *>(this);
    }
    void closeStream(SoapySDR::Stream *) override {}
    size_t getStreamMTU(SoapySDR::Stream *) const override { return mtu_; }
    int activateStream(SoapySDR::Stream *, const int, const long long, const size_t) override
    {
        started_ = Clock::now();
        taken_ = 0;
        left_ = 0;
        return 0;
    }
    int deactivateStream(SoapySDR::Stream *, const int, const long long) override { return 0; }
    int readStream(SoapySDR::Stream *, void *const *buffs, const size_t count, int &flags, long long &timeNs,
        const long timeoutUs) override;

private:
    void load();
    void produce(void *to, size_t count);
    double lateness() const;
    bool wait(std::chrono::microseconds limit);

    Kwargs args_;
    Control control_;
    std::string native_, format_, antenna_ = "RX";
    double full_scale_ = 1;
    size_t mtu_;
    bool times_, agc_ = true, dead_ = false;
    std::string death_;
    double lna_db_ = 10, vga_db_ = 10, frequency_hz_ = 100e6, rate_ = 1e6, bandwidth_hz_ = 1e6;
    double overflows_ = 0, skips_ = 0, rate_factor_ = 1;
    Clock::time_point started_;
    // Samples the "hardware" has taken since the start (faults count), and those left in the buffer at hand.
    uint64_t taken_ = 0;
    size_t left_ = 0;
    std::vector<char> data_; // whole samples of the stream's format, played over and over
    size_t sample_bytes_ = 4;
    uint64_t stuck_at_ = 0;
    bool stuck_ = false;
};

// The samples to play: the file, or two seconds of tone and noise rounded to whole turns of the tone.
void RigDevice::load()
{
    sample_bytes_ = format_ == SOAPY_SDR_CS8 ? 2 : format_ == SOAPY_SDR_CS16 ? 4 : 8;
    const std::string file = arg(args_, "file", "");
    if (!file.empty()) {
        std::ifstream in(file, std::ios::binary);
        if (!in) throw std::runtime_error("cannot read " + file);
        data_.assign(std::istreambuf_iterator<char>(in), {});
        data_.resize(data_.size() / sample_bytes_ * sample_bytes_);
        if (data_.empty()) throw std::runtime_error("no sample in " + file);
        return;
    }
    // Levels are at 20 dB of gain; more gain is more signal.
    const double gain_db = agc_ ? 15 : lna_db_ + vga_db_ - 20;
    const double tone = std::pow(10, (number(args_, "tone_dbfs", -20) + gain_db) / 20);
    const double noise = std::pow(10, (number(args_, "noise_dbfs", -60) + gain_db) / 20) / std::sqrt(2);
    const auto samples = static_cast<size_t>(2 * rate_);
    const double tuned_hz = frequency_hz_ * (1 + number(args_, "oscillator_ppm", 0) * 1e-6);
    const double emitter_hz = number(args_, "emitter_hz", 0);
    const double tone_hz = emitter_hz > 0 ? emitter_hz - tuned_hz : number(args_, "tone_hz", 20e3);
    const double turns = std::round(tone_hz / rate_ * static_cast<double>(samples));
    const double full = native_ == format_ ? full_scale_
        : format_ == SOAPY_SDR_CS8 ? 128 : format_ == SOAPY_SDR_CS16 ? 32768 : 1;
    std::mt19937 random(1);
    std::normal_distribution<double> gauss;
    data_.resize(samples * sample_bytes_);
    for (size_t i = 0; i < samples; i++) {
        const double phase = 2 * M_PI * turns * static_cast<double>(i) / static_cast<double>(samples);
        const double iq[2] = {tone * std::cos(phase) + noise * gauss(random), tone * std::sin(phase) + noise * gauss(random)};
        for (size_t k = 0; k < 2; k++) {
            const double scaled = std::clamp(iq[k] * full, -full, format_ == SOAPY_SDR_CF32 ? full : full - 1);
            char *to = &data_[i * sample_bytes_ + k * sample_bytes_ / 2];
            if (format_ == SOAPY_SDR_CS8) {
                const auto v = static_cast<int8_t>(std::lround(scaled));
                std::memcpy(to, &v, sizeof v);
            } else if (format_ == SOAPY_SDR_CS16) {
                const auto v = static_cast<int16_t>(std::lround(scaled));
                std::memcpy(to, &v, sizeof v);
            } else {
                const auto v = static_cast<float>(scaled);
                std::memcpy(to, &v, sizeof v);
            }
        }
    }
}

void RigDevice::produce(void *to, size_t count)
{
    const uint64_t total = data_.size() / sample_bytes_;
    uint64_t at = (stuck_ ? stuck_at_ + (mtu_ - left_) : taken_ - left_) % total;
    auto *out = static_cast<char *>(to);
    while (count > 0) {
        const size_t run = std::min<size_t>(count, total - at);
        std::memcpy(out, &data_[at * sample_bytes_], run * sample_bytes_);
        out += run * sample_bytes_;
        count -= run;
        at = 0;
    }
}

// Seconds since the next whole buffer was complete; negative while it is not.
double RigDevice::lateness() const
{
    const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
    return elapsed - static_cast<double>(taken_ + mtu_) / (rate_ * rate_factor_);
}

// Waits until the next whole buffer has been "taken"; false when that is later than the limit.
bool RigDevice::wait(std::chrono::microseconds limit)
{
    const auto now = Clock::now(), until = now + limit;
    const auto due = now - std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(lateness()));
    std::this_thread::sleep_until(std::min(due, until));
    return due <= until;
}

int RigDevice::readStream(SoapySDR::Stream *, void *const *buffs, const size_t count, int &flags,
    long long &timeNs, const long timeoutUs)
{
    flags = 0;
    control_.refresh();
    if (control_.has("hang")) std::this_thread::sleep_for(std::chrono::minutes(1));
    if (control_.has("unplug")) {
        dead_ = true;
        death_ = control_.value("unplug");
    }
    if (dead_ || control_.has("stall")) {
        if (dead_ && death_ != "silent") return SOAPY_SDR_STREAM_ERROR;
        std::this_thread::sleep_for(std::chrono::microseconds(timeoutUs));
        return SOAPY_SDR_TIMEOUT;
    }
    if (const double factor = control_.number("rate", 1); factor != rate_factor_) {
        // Begin to count anew, or the past would be delivered at the other rate.
        const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
        started_ += std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(elapsed - static_cast<double>(taken_) / (rate_ * factor)));
        rate_factor_ = factor;
    }
    if (left_ == 0) {
        if (control_.number("overflow", 0) > overflows_) {
            overflows_ = control_.number("overflow", 0);
            taken_ += static_cast<uint64_t>(rate_ * 0.020);
            return SOAPY_SDR_OVERFLOW;
        }
        const std::string skip = control_.value("skip");
        if (const auto colon = skip.find(':'); colon != std::string::npos && std::stod(skip) > skips_) {
            skips_ = std::stod(skip);
            taken_ += static_cast<uint64_t>(rate_ * std::stod(skip.substr(colon + 1)) / 1e3);
        }
        if (const double late = lateness(); late > 0.25) {
            // The queue holds a quarter of a second; what nobody fetched in time is gone.
            taken_ += static_cast<uint64_t>(late * rate_ * rate_factor_);
            return SOAPY_SDR_OVERFLOW;
        }
        if (!wait(std::chrono::microseconds(timeoutUs))) return SOAPY_SDR_TIMEOUT;
        const bool stuck = control_.has("stuck");
        if (stuck && !stuck_) stuck_at_ = taken_;
        stuck_ = stuck;
        taken_ += mtu_;
        left_ = mtu_;
    }
    const size_t now = std::min(count, left_);
    produce(buffs[0], now);
    if (times_) {
        flags |= SOAPY_SDR_HAS_TIME;
        timeNs = SoapySDR::ticksToTimeNs(static_cast<long long>(taken_ - left_), rate_);
    }
    left_ -= now;
    return static_cast<int>(now);
}

SoapySDR::KwargsList find(const Kwargs &args)
{
    // Nobody wants a simulated device among the real ones by accident.
    if (arg(args, "driver", "") != "skyhound-rig") return {};
    Kwargs found = args;
    if (Control(arg(args, "control", "")).has("unplug")) return {};
    found["serial"] = arg(args, "serial", "rig-0");
    found["label"] = "Skyhound rig " + found["serial"];
    return {found};
}

SoapySDR::Device *make(const Kwargs &args) { return new RigDevice(args); }

const SoapySDR::Registry registry("skyhound-rig", &find, &make, SOAPY_SDR_ABI_VERSION);

} // namespace
