// Streaming in real time, with the faults that are asked for.
//
// The device has a buffer that the hardware fills piece by piece; a read waits until it is full, and then hands it over in
// as many parts as it is asked for. The queue behind it is only counted: what nobody fetched in time is gone.

#include "device.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <SoapySDR/Time.hpp>

namespace skyhound {

namespace {

// Queue of a device that does not count it in buffers.
constexpr double QUEUE_S = 0.25;
constexpr double TOLD_LOSS_S = 0.020;

Clock::duration seconds(double s) { return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s)); }

} // namespace

SoapySDR::Stream *RigDevice::setupStream(
    const int, const std::string &format, const std::vector<size_t> &, const Kwargs &args)
{
    if (std::find(model_.formats.begin(), model_.formats.end(), format) == model_.formats.end())
        throw std::runtime_error("unknown format " + format);
    format_ = format;
    mtu_ = model_.mtu;
    if (model_.has_length) {
        const double given = number(args, "bufflen", number(args, "buflen", 0));
        if (given >= 2) mtu_ = static_cast<size_t>(model_.length_in_bytes ? given / 2 : given);
    }
    buffers_ = static_cast<size_t>(number(args, "buffers", static_cast<double>(model_.buffers)));
    buffer_.assign(mtu_ * bytes_of(source_->form), 0);
    return reinterpret_cast<SoapySDR::Stream *>(this);
}

int RigDevice::activateStream(SoapySDR::Stream *, const int, const long long, const size_t)
{
    started_ = Clock::now();
    taken_ = 0;
    filled_ = left_ = 0;
    return 0;
}

// When so many samples will have been taken.
Clock::time_point RigDevice::due(uint64_t samples) const
{
    return started_ + seconds(static_cast<double>(samples) / (rate_ * rate_factor_));
}

int RigDevice::fail(long timeoutUs)
{
    control_.refresh();
    if (control_.has("hang")) std::this_thread::sleep_for(std::chrono::minutes(1));
    if (control_.has("unplug")) {
        dead_ = true;
        death_ = control_.value("unplug");
    }
    if (!dead_ && !control_.has("stall")) return 0;
    if (dead_ && death_ != "silent") return SOAPY_SDR_STREAM_ERROR;
    std::this_thread::sleep_for(std::chrono::microseconds(timeoutUs));
    return SOAPY_SDR_TIMEOUT;
}

void RigDevice::change_rate()
{
    const double factor = control_.number("rate", 1);
    if (factor == rate_factor_ || factor <= 0) return;
    // Begin to count anew, or the past would be delivered at the other rate.
    const double elapsed = std::chrono::duration<double>(Clock::now() - started_).count();
    const double taken_s = std::min(elapsed, static_cast<double>(taken_) / (rate_ * rate_factor_));
    started_ += seconds(taken_s - static_cast<double>(taken_) / (rate_ * factor));
    rate_factor_ = factor;
}

bool RigDevice::lose()
{
    if (control_.number("overflow", 0) > overflows_) {
        overflows_ = control_.number("overflow", 0);
        taken_ += static_cast<uint64_t>(rate_ * TOLD_LOSS_S);
        return true;
    }
    const std::string skip = control_.value("skip");
    if (const auto colon = skip.find(':'); colon != std::string::npos && std::stod(skip) > skips_) {
        skips_ = std::stod(skip);
        taken_ += static_cast<uint64_t>(rate_ * std::stod(skip.substr(colon + 1)) / 1e3);
    }
    const double rate = rate_ * rate_factor_, piece_s = static_cast<double>(mtu_) / rate;
    const double late_s = std::chrono::duration<double>(Clock::now() - due(taken_ + mtu_)).count();
    const double queue_s = buffers_ == 0 ? QUEUE_S : static_cast<double>(buffers_) * piece_s;
    if (late_s <= queue_s) return false;
    // Whole buffers go: all that lie there, or those that were written over.
    const double lost_s = model_.loss == Loss::All ? late_s : late_s - queue_s + piece_s;
    taken_ += buffers_ == 0 ? static_cast<uint64_t>(lost_s * rate) : static_cast<uint64_t>(lost_s / piece_s) * mtu_;
    return true;
}

// Fills the buffer until it is full; 0, or the answer of the read.
int RigDevice::fill(Clock::time_point deadline)
{
    const bool stuck = control_.has("stuck") && filled_ == 0 && taken_ > 0;
    const size_t bytes = bytes_of(source_->form);
    while (filled_ < mtu_) {
        const size_t piece = stuck ? mtu_ : std::min(source_->piece(rate_ * rate_factor_, mtu_), mtu_ - filled_);
        const auto when = due(taken_ + filled_ + piece);
        std::this_thread::sleep_until(std::min(when, deadline));
        if (when > deadline) return SOAPY_SDR_TIMEOUT;
        if (!stuck) {
            // A piece that is due is fetched even when the read's time is up: the other end needs no more than a moment.
            const auto patience = std::max(deadline, Clock::now() + std::chrono::milliseconds(1));
            const Taken got = source_->take(&buffer_[filled_ * bytes], taken_ + filled_, piece, setting(), patience);
            if (got == Taken::Gone) {
                dead_ = true;
                return SOAPY_SDR_STREAM_ERROR;
            }
            if (got == Taken::Late) return SOAPY_SDR_TIMEOUT;
        }
        filled_ += piece;
    }
    taken_ += mtu_;
    left_ = mtu_;
    filled_ = 0;
    return 0;
}

int RigDevice::readStream(SoapySDR::Stream *, void *const *buffs, const size_t count, int &flags, long long &timeNs,
    const long timeoutUs)
{
    flags = 0;
    const auto deadline = Clock::now() + std::chrono::microseconds(timeoutUs);
    if (const int failed = fail(timeoutUs); failed != 0) return failed;
    if (left_ == 0) {
        if (filled_ == 0) {
            change_rate();
            if (lose()) return SOAPY_SDR_OVERFLOW;
        }
        if (const int failed = fill(deadline); failed != 0) return failed;
    }
    const size_t now = std::min(count, left_), at = mtu_ - left_;
    convert(*source_, model_, &buffer_[at * bytes_of(source_->form)], format_, static_cast<char *>(buffs[0]), now);
    if (model_.has_times) {
        flags |= SOAPY_SDR_HAS_TIME;
        timeNs = SoapySDR::ticksToTimeNs(static_cast<long long>(taken_ - left_), rate_);
    }
    left_ -= now;
    if (left_ != 0) flags |= SOAPY_SDR_MORE_FRAGMENTS;
    return static_cast<int>(now);
}

} // namespace skyhound
