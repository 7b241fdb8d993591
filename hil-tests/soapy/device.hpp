// The device: settings in device.cpp, streaming and its faults in stream.cpp.
#pragma once

#include "source.hpp"

#include <SoapySDR/Device.hpp>

#include <map>

namespace skyhound {

class RigDevice : public SoapySDR::Device {
public:
    explicit RigDevice(const Kwargs &args);

    std::string getDriverKey() const override { return model_.driver_key; }
    std::string getHardwareKey() const override { return model_.hardware_key; }
    Kwargs getHardwareInfo() const override { return {{"origin", "skyhound rig"}}; }
    size_t getNumChannels(const int direction) const override { return direction == SOAPY_SDR_RX ? 1 : 0; }

    std::vector<std::string> getStreamFormats(const int, const size_t) const override { return model_.formats; }
    std::string getNativeStreamFormat(const int, const size_t, double &fullScale) const override
    {
        fullScale = model_.full_scale;
        return model_.native;
    }
    SoapySDR::ArgInfoList getStreamArgsInfo(const int, const size_t) const override;

    std::vector<std::string> listAntennas(const int, const size_t) const override { return model_.antennas; }
    void setAntenna(const int, const size_t, const std::string &name) override { antenna_ = name; }
    std::string getAntenna(const int, const size_t) const override { return antenna_; }

    bool hasGainMode(const int, const size_t) const override { return model_.has_agc; }
    void setGainMode(const int, const size_t, const bool automatic) override;
    bool getGainMode(const int, const size_t) const override { return agc_; }
    std::vector<std::string> listGains(const int, const size_t) const override;
    using SoapySDR::Device::getGain;
    using SoapySDR::Device::getGainRange;
    void setGain(const int, const size_t, const double value) override;
    void setGain(const int, const size_t, const std::string &name, const double value) override;
    double getGain(const int, const size_t, const std::string &name) const override { return gains_db_.at(name); }
    SoapySDR::Range getGainRange(const int, const size_t, const std::string &name) const override;

    std::vector<std::string> listFrequencies(const int, const size_t) const override { return {"RF"}; }
    using SoapySDR::Device::getFrequency;
    using SoapySDR::Device::getFrequencyRange;
    using SoapySDR::Device::setFrequency;
    void setFrequency(const int, const size_t, const std::string &, const double hz, const Kwargs &) override
    {
        frequency_hz_ = hz;
    }
    double getFrequency(const int, const size_t, const std::string &) const override { return frequency_hz_; }
    // There is no component CORR: the program must correct by tuning.
    SoapySDR::RangeList getFrequencyRange(const int, const size_t, const std::string &) const override
    {
        return model_.frequencies_hz;
    }
    void setSampleRate(const int, const size_t, const double rate) override;
    double getSampleRate(const int, const size_t) const override { return rate_; }
    SoapySDR::RangeList getSampleRateRange(const int, const size_t) const override { return model_.rates_sps; }
    void setBandwidth(const int, const size_t, const double hz) override { bandwidth_hz_ = hz; }
    double getBandwidth(const int, const size_t) const override { return bandwidth_hz_; }
    SoapySDR::RangeList getBandwidthRange(const int, const size_t) const override { return model_.bandwidths_hz; }

    std::vector<std::string> listSensors() const override { return {"agc", "tuned_hz"}; }
    using SoapySDR::Device::readSensor;
    std::string readSensor(const std::string &name) const override
    {
        return name == "agc" ? (agc_ ? "on" : "off") : std::to_string(frequency_hz_);
    }

    SoapySDR::Stream *setupStream(
        const int, const std::string &format, const std::vector<size_t> &, const Kwargs &args) override;
    void closeStream(SoapySDR::Stream *) override {}
    size_t getStreamMTU(SoapySDR::Stream *) const override { return mtu_; }
    int activateStream(SoapySDR::Stream *, const int, const long long, const size_t) override;
    int deactivateStream(SoapySDR::Stream *, const int, const long long) override { return 0; }
    int readStream(SoapySDR::Stream *, void *const *buffs, const size_t count, int &flags, long long &timeNs,
        const long timeoutUs) override;

private:
    Setting setting() const;
    const Element &element(const std::string &name) const;
    // Faults that end a read at once, with its answer; 0: none.
    int fail(long timeoutUs);
    void change_rate();
    // Samples lost between two buffers; whether that is told.
    bool lose();
    int fill(Clock::time_point deadline);
    Clock::time_point due(uint64_t samples) const;

    Kwargs args_;
    Control control_;
    Model model_;
    std::unique_ptr<Source> source_;
    std::string format_, antenna_, death_;
    std::map<std::string, double> gains_db_;
    size_t mtu_, buffers_;
    bool agc_, dead_ = false;
    double frequency_hz_ = 100e6, rate_ = 1e6, bandwidth_hz_ = 1e6;
    double overflows_ = 0, skips_ = 0, rate_factor_ = 1;
    Clock::time_point started_;
    // Samples the "hardware" has taken since the start (faults count).
    uint64_t taken_ = 0;
    // The driver's buffer in the source's form: samples that are in it, and of a full one those not handed over.
    std::vector<char> buffer_;
    size_t filled_ = 0, left_ = 0;
};

} // namespace skyhound
