// Which device the rig is like: what it offers, how it hands over samples, and what it does when nobody fetches them.
//
// rtlsdr is SoapyRTLSDR (Streaming.cpp, Settings.cpp) with an R820T tuner, hackrf is SoapyHackRF (HackRF_Streaming.cpp,
// HackRF_Settings.cpp). Where they tell their gain wrongly (HackRF's LNA), this one tells what is in force.
#pragma once

#include "control.hpp"

#include <SoapySDR/Formats.hpp>

#include <vector>

namespace skyhound {

// A stage of gain: any step from low to high, or one of a list.
struct Element {
    std::string name;
    double low_db, high_db, step_db, start_db;
    std::vector<double> list_db;
};

// What is lost when the queue is full.
enum class Loss { All, Oldest };

// By default like SoapyRTLSDR and SoapyHackRF, where both agree.
struct Model {
    std::string driver_key, hardware_key;
    std::vector<std::string> antennas, formats = {SOAPY_SDR_CS8, SOAPY_SDR_CS16, SOAPY_SDR_CF32};
    std::vector<Element> elements;
    SoapySDR::RangeList rates_sps, frequencies_hz, bandwidths_hz;
    bool has_agc = true, has_times = false;
    // As told, and as the samples lie in the driver's own buffers (RTL-SDR's bytes are told as CS8).
    std::string native = SOAPY_SDR_CS8, transport;
    double full_scale = 0;
    // What it divides its codes by for CF32.
    double float_scale = 0;
    size_t mtu = 131072;
    // Whether the stream arguments bufflen and buflen mean anything, and count bytes of the buffers.
    bool has_length = true, length_in_bytes = false;
    // Length of its queue, buffers; 0: a quarter of a second.
    size_t buffers = 15;
    Loss loss = Loss::All;
};

inline Model model_of(const Kwargs &args)
{
    using SoapySDR::Range;
    const std::string like = arg(args, "like", "");
    Model model;
    if (like.empty()) {
        model.driver_key = "skyhound-rig";
        model.hardware_key = "simulated";
        model.antennas = {"RX", "AUX"};
        model.formats.push_back(SOAPY_SDR_CU8);
        model.elements = {{"LNA", 0, 30, 1, 10, {}}, {"VGA", 0, 20, 1, 10, {}}};
        // Without a world it is like a divided clock: what it takes is not quite what was asked above 10 MS/s.
        model.rates_sps = {Range(8e3, args.count("world") != 0 ? 20e6 : 10e6)};
        model.frequencies_hz = {Range(24e6, 1766e6)};
        model.bandwidths_hz = {Range(200e3, 8e6)};
        model.has_times = true;
        model.native = SOAPY_SDR_CS16;
        model.mtu = 4096;
        model.buffers = 0;
    } else if (like == "rtlsdr") {
        model.driver_key = "RTLSDR";
        model.hardware_key = "R820T";
        model.antennas = {"RX"};
        model.elements = {{"TUNER", 0, 49.6, 0, 19.7,
            {0.0, 0.9, 1.4, 2.7, 3.7, 7.7, 8.7, 12.5, 14.4, 15.7, 16.6, 19.7, 20.7, 22.9, 25.4, 28.0, 29.7, 32.8, 33.8,
                36.4, 37.2, 38.6, 40.2, 42.1, 43.4, 43.9, 44.5, 48.0, 49.6}}};
        model.rates_sps = {Range(225001, 300000), Range(900001, 3200000)};
        model.frequencies_hz = {Range(24e6, 1764e6)};
        model.bandwidths_hz = {Range(0, 8e6)};
        model.length_in_bytes = true;
    } else if (like == "hackrf") {
        model.driver_key = "HackRF";
        model.hardware_key = "HackRF One";
        model.antennas = {"TX/RX"};
        model.elements = {{"LNA", 0, 40, 8, 16, {}}, {"VGA", 0, 62, 2, 16, {}}, {"AMP", 0, 14, 14, 0, {}}};
        model.rates_sps = {Range(1e6, 20e6)};
        model.frequencies_hz = {Range(0, 7250e6)};
        model.bandwidths_hz = {Range(1.75e6, 28e6)};
        model.has_agc = model.has_length = false;
        model.loss = Loss::Oldest;
    } else {
        throw std::runtime_error("skyhound-rig: like=" + like + "; known are rtlsdr, hackrf");
    }
    model.native = arg(args, "native", model.native);
    const bool is_eight = model.native == SOAPY_SDR_CS8 || model.native == SOAPY_SDR_CU8;
    const double own = is_eight ? 128 : model.native == SOAPY_SDR_CS16 ? 32768 : 1;
    if (own == 1 && model.native != SOAPY_SDR_CF32)
        throw std::runtime_error("skyhound-rig: native=" + model.native + "; known are CU8, CS8, CS16, CF32");
    model.full_scale = number(args, "fullscale", own);
    model.float_scale = like == "hackrf" ? 127 : model.full_scale;
    model.transport = like == "rtlsdr" && is_eight ? SOAPY_SDR_CU8 : model.native;
    model.mtu = static_cast<size_t>(number(args, "mtu", static_cast<double>(model.mtu)));
    if (model.mtu == 0) throw std::runtime_error("skyhound-rig: mtu=0");
    model.has_times = number(args, "times", model.has_times) != 0;
    if (arg(args, "agc", "") == "none") model.has_agc = false;
    return model;
}

} // namespace skyhound
