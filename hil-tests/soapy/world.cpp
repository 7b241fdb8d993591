// The world of a rig, over its Unix socket: the other end is skyhound_rig::iq_server, which describes the lines.

#include "source.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace skyhound {
namespace {

// Air asked for at once: poses come every 10 ms, and the last piece of a buffer is what delays it.
constexpr double PIECE_S = 0.005;
// For the answer to `open`; the other end only has to be scheduled.
constexpr auto OPEN_WAIT = std::chrono::seconds(5);

class Socket {
public:
    explicit Socket(const std::string &path)
    {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) throw std::runtime_error("world=" + path + ": the path is too long");
        std::memcpy(address.sun_path, path.c_str(), path.size());
        fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd_ < 0 || connect(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) {
            const std::string why = std::strerror(errno);
            close();
            throw std::runtime_error("world=" + path + ": " + why + "; is the rig running?");
        }
    }
    ~Socket() { close(); }
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;

    bool send(const std::string &line)
    {
        // Lines are short and one is under way at most: they fit the socket's buffer.
        return ::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
    }

    // Bytes received, up to `count`; 0: none until the deadline; −1: the other end is gone.
    ssize_t receive(char *to, size_t count, Clock::time_point deadline)
    {
        for (;;) {
            const ssize_t got = recv(fd_, to, count, MSG_DONTWAIT);
            if (got > 0) return got;
            if (got == 0 || (errno != EAGAIN && errno != EINTR)) return -1;
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
            if (left <= 0) return 0;
            pollfd waiting = {fd_, POLLIN, 0};
            poll(&waiting, 1, static_cast<int>(std::min<long long>(left, 60'000)));
        }
    }

private:
    void close()
    {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int fd_ = -1;
};

class World : public Source {
public:
    World(const std::string &path, const Model &model) : Source(model.transport, model.full_scale), socket_(path)
    {
        char answer[16] = {};
        const bool told = socket_.send("open\n") && socket_.receive(answer, sizeof answer - 1, Clock::now() + OPEN_WAIT) > 0;
        if (!told || std::string(answer) != "ok\n")
            throw std::runtime_error("world=" + path + ": " + (told ? "another program has the device" : "no answer"));
    }

    size_t piece(double rate_sps, size_t mtu) const override
    {
        return std::clamp<size_t>(static_cast<size_t>(rate_sps * PIECE_S), 1, mtu);
    }

    Taken take(char *to, uint64_t from, size_t count, const Setting &setting, Clock::time_point deadline) override
    {
        // What was asked for and is not wanted any more still comes first.
        if (asked_from_ != from || asked_count_ != count) {
            std::vector<char> unwanted(left_bytes_);
            if (const Taken got = rest(unwanted.data(), left_bytes_, deadline); got != Taken::Samples) return got;
        }
        const size_t all = count * bytes_of(form);
        if (left_bytes_ == 0) {
            if (!ask(from, count, setting)) return Taken::Gone;
            asked_from_ = from;
            asked_count_ = count;
            left_bytes_ = all;
        }
        return rest(to, all, deadline);
    }

private:
    // The rest of what was asked for, `all` bytes at `to`.
    Taken rest(char *to, size_t all, Clock::time_point deadline)
    {
        while (left_bytes_ > 0) {
            const ssize_t got = socket_.receive(to + (all - left_bytes_), left_bytes_, deadline);
            if (got <= 0) return got < 0 ? Taken::Gone : Taken::Late;
            left_bytes_ -= static_cast<size_t>(got);
        }
        return Taken::Samples;
    }

    bool ask(uint64_t from, size_t count, const Setting &setting)
    {
        char gain[32] = "auto", line[256];
        if (!setting.agc) std::snprintf(gain, sizeof gain, "%.3f", setting.gain_db);
        std::snprintf(line, sizeof line, "take from=%llu count=%zu rate=%.6f center=%.3f gain=%s format=%s full=%.0f\n",
            static_cast<unsigned long long>(from), count, setting.rate_sps, setting.center_hz, gain, form.c_str(),
            full_scale);
        return socket_.send(line);
    }

    Socket socket_;
    uint64_t asked_from_ = 0;
    size_t asked_count_ = 0, left_bytes_ = 0;
};

} // namespace

std::unique_ptr<Source> world(const std::string &socket, const Model &model)
{
    return std::make_unique<World>(socket, model);
}

bool world_is_there(const std::string &socket)
{
    try {
        Socket{socket};
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

} // namespace skyhound
