// Codes of one format into those of another, as drivers do it for the stream's format.
#pragma once

#include "source.hpp"

namespace skyhound {

// Turns `count` samples of a source's form into the stream's format. Where both are the same they are copied.
// CU8 becomes CS8 by taking off 127 and floats by taking off 127.4, as SoapyRTLSDR does it.
void convert(const Source &source, const Model &model, const char *from, const std::string &format, char *to, size_t count);

} // namespace skyhound
