// A SoapySDR driver without hardware: driver=skyhound-rig. It streams a world or a tone in noise in real time,
// with faults on command, so that the program under test meets the real SoapySDR library.
//
//   skyhound_rig.cpp   this: finding and making devices
//   device.hpp/.cpp    settings: rate, frequency, gain, formats          model.hpp   which device it is like
//   stream.cpp         streaming in real time, and the faults            control.hpp arguments, and faults on command
//   source.hpp         where samples come from: tone.cpp, world.cpp (a rig's world, over a socket); convert.cpp
//
// Device arguments
//   world=SOCKET       samples of the world of the rig that listens there (skyhound_rig::iq_server); else a tone in noise
//   tone_hz=20000      of the tone, above the tuned frequency
//   like=rtlsdr        formats, gains, rates, buffer sizes, queue and times as SoapyRTLSDR has them; or like=hackrf
//   native=CS16        native format: CU8, CS8, CS16 or CF32;  fullscale=2048: its full scale (12 bits in 16)
//   mtu=4096           samples handed over at once
//   times=1            timestamps with every buffer
//   agc=stuck          AGC stays on whatever is asked;  agc=none: there is none
//   control=PATH       file with the state, read when it changes; see below
//   serial=TEXT        for the list
// Stream arguments: bufflen, buflen (samples; like=rtlsdr: bytes), buffers (of the queue).
// Control file: words, any of
//   overflow=N         the Nth told overflow: when N rises, drop 20 ms and answer OVERFLOW once
//   skip=N:MS          the Nth untold loss: when N rises, drop MS milliseconds and say nothing
//   stall              no samples: TIMEOUT until the word goes
//   unplug             reads answer STREAM_ERROR and the device cannot be opened;  unplug=silent: TIMEOUT for ever instead
//   rate=R             deliver R times the asked rate
//   hang               reads do not come back for a minute, whatever their time-out
//   stuck              the same buffer again and again
// A device that was unplugged stays dead after the word goes: it must be opened again, as a real one.

#include "device.hpp"

#include <SoapySDR/Registry.hpp>

namespace {

using namespace skyhound;

SoapySDR::KwargsList find(const Kwargs &args)
{
    // Nobody wants a simulated device among the real ones by accident.
    if (arg(args, "driver", "") != "skyhound-rig") return {};
    Kwargs found = args;
    if (Control(arg(args, "control", "")).has("unplug")) return {};
    const std::string world = arg(args, "world", "");
    if (!world.empty() && !world_is_there(world)) return {};
    found["serial"] = arg(args, "serial", "rig-0");
    found["label"] = "Skyhound rig " + found["serial"];
    return {found};
}

SoapySDR::Device *make(const Kwargs &args) { return new RigDevice(args); }

const SoapySDR::Registry registry("skyhound-rig", &find, &make, SOAPY_SDR_ABI_VERSION);

} // namespace
