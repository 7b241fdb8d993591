// What the driver is told: arguments of the device, and the control file with the faults wanted now.
#pragma once

#include <SoapySDR/Types.hpp>

#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/stat.h>

namespace skyhound {

using SoapySDR::Kwargs;

inline std::string arg(const Kwargs &args, const std::string &key, const std::string &otherwise)
{
    const auto it = args.find(key);
    return it == args.end() ? otherwise : it->second;
}

inline double number(const Kwargs &args, const std::string &key, double otherwise)
{
    const auto it = args.find(key);
    if (it == args.end()) return otherwise;
    try {
        return std::stod(it->second);
    } catch (const std::exception &) {
        throw std::runtime_error("skyhound-rig: " + key + "=" + it->second + " is no number");
    }
}

// The faults asked for, read again whenever the file changes.
class Control {
public:
    explicit Control(std::string path) : path_(std::move(path)) { refresh(); }

    void refresh()
    {
        struct stat now = {};
        if (path_.empty() || stat(path_.c_str(), &now) != 0) return;
        // A file that was replaced within the clock's grain is another file.
        if (now.st_mtim.tv_sec == seen_.st_mtim.tv_sec && now.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec
            && now.st_ino == seen_.st_ino && now.st_size == seen_.st_size)
            return;
        seen_ = now;
        words_.clear();
        std::ifstream in(path_);
        for (std::string word; in >> word;) {
            const auto cut = word.find('=');
            words_[word.substr(0, cut)] = cut == std::string::npos ? "" : word.substr(cut + 1);
        }
    }

    bool has(const std::string &word) const { return words_.count(word) != 0; }
    std::string value(const std::string &word) const { return arg(words_, word, ""); }
    double number(const std::string &word, double otherwise) const
    {
        return value(word).empty() ? otherwise : std::stod(value(word));
    }

private:
    std::string path_;
    struct stat seen_ = {};
    Kwargs words_;
};

} // namespace skyhound
