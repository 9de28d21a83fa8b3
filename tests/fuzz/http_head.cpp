// Bytes of a client into the strict check, and what passes it into the parser behind: the two must agree about where
// the request ends, and a head that is refused whole is never let pass in part.
#include "service/gateway/http_head.hpp"
#include "service/gateway/handshake.hpp"
#include "service/gateway/http_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace heti;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto check = gateway::check_head(bytes);
  if (!check) {
    fuzz::promise(size <= gateway::head_bytes_max, "a head over the limit is refused at once");
    return 0;
  }
  // A head that comes byte by byte is answered the same, or refused before its end.
  for (std::size_t cut = 0; cut < size; cut += 1 + cut / 8) {
    const auto part = gateway::check_head(bytes.substr(0, cut));
    if (!part || part->status != 200) continue;
    fuzz::promise(check->status == 200 && part->head_size == check->head_size, "what follows does not change a head");
  }
  if (check->status != 200) {
    fuzz::promise(!check->keep_alive, "a refused request ends the connection");
    return 0;
  }
  fuzz::promise(check->head_size <= size && check->head_size <= gateway::head_bytes_max, "the head lies in the bytes");
  fuzz::promise(check->content_length <= gateway::body_bytes_max, "the body is not over its limit");
  // With a body of the announced length the parser must end exactly there, or refuse.
  std::string whole(bytes.substr(0, check->head_size));
  whole.append(check->content_length, 'b');
  const auto reader = gateway::HttpReader::read(whole);
  if (!reader) return 0;
  fuzz::promise(reader->request().body.size() == check->content_length, "check and parser see the same body");
  fuzz::promise(reader->request().keep_alive == check->keep_alive, "check and parser agree about the end");
  fuzz::promise(reader->request().path.starts_with('/') || reader->request().path.empty(), "a path is absolute");
  static_cast<void>(gateway::check_handshake(reader->request()));
  return 0;
}
