// What the device is asked for and what it takes.

#include "device.hpp"

#include <algorithm>
#include <cmath>

namespace skyhound {

RigDevice::RigDevice(const Kwargs &args)
    : args_(args), control_(arg(args, "control", "")), model_(model_of(args)), antenna_(model_.antennas[0]),
      mtu_(model_.mtu), buffers_(model_.buffers), agc_(model_.has_agc)
{
    if (control_.has("unplug")) throw std::runtime_error("skyhound-rig is unplugged");
    for (const auto &element : model_.elements) gains_db_[element.name] = element.start_db;
    rate_ = std::max(rate_, model_.rates_sps[0].minimum());
    overflows_ = control_.number("overflow", 0);
    skips_ = control_.number("skip", 0);
    // As a real device: in use from its opening on, by one program.
    source_ = args.count("world") != 0 ? world(args.at("world"), model_) : tone(number(args, "tone_hz", 20e3));
}

SoapySDR::ArgInfoList RigDevice::getStreamArgsInfo(const int, const size_t) const
{
    const auto count = [](const char *key, const char *name, const char *units, size_t value) {
        SoapySDR::ArgInfo made;
        made.key = key;
        made.name = name;
        made.units = units;
        made.value = std::to_string(value);
        made.type = SoapySDR::ArgInfo::INT;
        return made;
    };
    SoapySDR::ArgInfoList all;
    const bool bytes = model_.length_in_bytes;
    if (model_.has_length)
        all.push_back(count("bufflen", "Buffer Size", bytes ? "bytes" : "samples", bytes ? 2 * model_.mtu : model_.mtu));
    all.push_back(count("buffers", "Buffer Count", "buffers", model_.buffers));
    return all;
}

void RigDevice::setGainMode(const int, const size_t, const bool automatic)
{
    if (model_.has_agc && arg(args_, "agc", "") != "stuck") agc_ = automatic;
}

std::vector<std::string> RigDevice::listGains(const int, const size_t) const
{
    std::vector<std::string> names;
    for (const auto &element : model_.elements) names.push_back(element.name);
    return names;
}

const Element &RigDevice::element(const std::string &name) const
{
    for (const auto &element : model_.elements)
        if (element.name == name) return element;
    throw std::runtime_error("skyhound-rig: no gain " + name);
}

void RigDevice::setGain(const int direction, const size_t channel, const double value)
{
    if (model_.driver_key != "HackRF") return Device::setGain(direction, channel, value);
    // SoapyHackRF's share out, with the steps that the hardware really has: a third to VGA, the amplifier for more than
    // the two can give.
    const double amp = value > 102 ? 14 : 0;
    const double lna = std::clamp(std::floor((value - amp) * 2 / 3 / 8) * 8, 0.0, 40.0);
    setGain(direction, channel, "AMP", amp);
    setGain(direction, channel, "LNA", lna);
    setGain(direction, channel, "VGA", value - amp - lna);
}

void RigDevice::setGain(const int, const size_t, const std::string &name, const double value)
{
    const Element &stage = element(name);
    double took = std::clamp(value, stage.low_db, stage.high_db);
    // Steps, as real amplifiers have them; of a list the first that is enough, as the R820T's driver does it.
    if (stage.list_db.empty())
        took = std::round(took / stage.step_db) * stage.step_db;
    else
        took = *std::lower_bound(stage.list_db.begin(), stage.list_db.end() - 1, took - 0.05);
    gains_db_[name] = std::min(took, stage.high_db);
}

SoapySDR::Range RigDevice::getGainRange(const int, const size_t, const std::string &name) const
{
    const Element &stage = element(name);
    return SoapySDR::Range(stage.low_db, stage.high_db, stage.step_db);
}

void RigDevice::setSampleRate(const int, const size_t, const double rate)
{
    const auto &ranges = model_.rates_sps;
    const double highest = ranges.back().maximum();
    const auto fits = [&](const SoapySDR::Range &range) { return rate >= range.minimum() && rate <= range.maximum(); };
    // The plain device takes what is not too far off, and takes its highest.
    const bool is_near = model_.driver_key == "skyhound-rig" && rate > highest && rate <= 20e6;
    if (!is_near && std::none_of(ranges.begin(), ranges.end(), fits)) throw std::runtime_error("rate out of range");
    rate_ = std::min(rate, highest);
}

Setting RigDevice::setting() const
{
    double gain_db = 0;
    for (const auto &[name, db] : gains_db_) gain_db += db;
    return {rate_ * rate_factor_, frequency_hz_, gain_db, agc_};
}

} // namespace skyhound
