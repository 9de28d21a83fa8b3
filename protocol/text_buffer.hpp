#pragma once
// Where the text of a frame is put together, character by character, before it becomes a string of its exact size.
// Appending checks for room once and writes; a string would be asked to grow for each of thirty pieces.
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace heti::protocol {

class TextBuffer {
 public:
  // At least `size` bytes to write to; what was written counts after grow_to(its end).
  char* room(std::size_t size) {
    if (size_ + size > storage_.size()) grow(size);
    return storage_.data() + size_;
  }
  void grow_to(const char* end) { size_ = static_cast<std::size_t>(end - storage_.data()); }

  TextBuffer& operator+=(char c) {
    *room(1) = c;
    ++size_;
    return *this;
  }
  TextBuffer& operator+=(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
    return *this;
  }

  std::string_view text() const { return std::string_view(storage_).substr(0, size_); }
  // Keeps memory for what is usual, gives back that of a long page.
  void clear();

 private:
  void grow(std::size_t size);

  std::string storage_;
  std::size_t size_ = 0;
};

// That of the calling thread.
TextBuffer& thread_text_buffer();

}  // namespace heti::protocol
