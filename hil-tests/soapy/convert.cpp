// Codes of one format into those of another.

#include "source.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace skyhound {
namespace {

template <typename From, typename To, typename Code> void each(const char *from, char *to, size_t count, Code code)
{
    const auto *codes = reinterpret_cast<const From *>(from);
    auto *made = reinterpret_cast<To *>(to);
    for (size_t i = 0; i < 2 * count; i++) made[i] = code(static_cast<float>(codes[i]));
}

template <typename From>
void from_codes(const Source &source, const Model &model, const char *from, const std::string &format, char *to,
    size_t count, float zero)
{
    const auto full = static_cast<float>(source.full_scale), floats = static_cast<float>(model.float_scale);
    const auto sixteen = static_cast<float>(model.native == SOAPY_SDR_CS16 ? model.full_scale : 32768);
    if (format == SOAPY_SDR_CF32)
        each<From, float>(from, to, count, [=](float code) { return (code - zero) / floats; });
    else if (format == SOAPY_SDR_CS16)
        each<From, int16_t>(from, to, count, [=](float code) {
            return static_cast<int16_t>(std::clamp(std::round((code - zero) / full * sixteen), -sixteen, sixteen - 1));
        });
    else if (format == SOAPY_SDR_CU8)
        each<From, uint8_t>(from, to, count, [=](float code) {
            return static_cast<uint8_t>(std::clamp(std::round((code - zero) / full * 128 + 127.4f), 0.0f, 255.0f));
        });
    else
        each<From, int8_t>(from, to, count, [=](float code) {
            return static_cast<int8_t>(std::clamp(std::round((code - std::floor(zero)) / full * 128), -128.0f, 127.0f));
        });
}

} // namespace

void convert(const Source &source, const Model &model, const char *from, const std::string &format, char *to, size_t count)
{
    if (source.form == format)
        std::memcpy(to, from, count * bytes_of(format));
    else if (source.form == SOAPY_SDR_CU8)
        from_codes<uint8_t>(source, model, from, format, to, count, 127.4f);
    else if (source.form == SOAPY_SDR_CS8)
        from_codes<int8_t>(source, model, from, format, to, count, 0);
    else if (source.form == SOAPY_SDR_CS16)
        from_codes<int16_t>(source, model, from, format, to, count, 0);
    else
        from_codes<float>(source, model, from, format, to, count, 0);
}

} // namespace skyhound
