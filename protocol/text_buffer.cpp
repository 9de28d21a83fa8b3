#include "protocol/text_buffer.hpp"

#include <algorithm>

namespace heti::protocol {

namespace {
constexpr std::size_t least = 4096;
constexpr std::size_t kept = 64 * 1024;
}  // namespace

void TextBuffer::grow(std::size_t size) { storage_.resize(std::max({least, size_ + size, 2 * storage_.size()})); }

void TextBuffer::clear() {
  size_ = 0;
  if (storage_.size() > kept) std::string().swap(storage_);
}

TextBuffer& thread_text_buffer() {
  thread_local TextBuffer buffer;
  return buffer;
}

}  // namespace heti::protocol
