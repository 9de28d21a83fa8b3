#include "tests/load/heti_visitor.hpp"

#include "tests/load/json_scan.hpp"
#include "tests/load/web_socket.hpp"

namespace heti::load {

HetiDoor::HetiDoor(const sockaddr_in& where, std::string host_name) : address(where), host(std::move(host_name)) {
  visitor.bytes = upgrade_request(host, "/ws/visitor", "heti.v1");
  agent.bytes = upgrade_request(host, "/ws/agent", "heti.v1");
}

void HetiVisitor::come(Aim aim) {
  aim_ = aim;
  ready_ = false;
  open(door_.address, door_.visitor);
}

void HetiVisitor::forget() {
  chat_ = std::make_unique<Chat>(violations_, index_);
  token_.clear();
  rated_ = false;
}

std::uint64_t HetiVisitor::post() {
  send(post_frame(*chat_, visitor_side, door_.frame_bytes));
  return chat_->ledger.posted(visitor_side);
}

void HetiVisitor::rate() {
  rated_ = true;
  send(R"({"t":"rate","ref":9,"conversation":")" + chat_->id + R"(","score":5})");
}

void HetiVisitor::on_open() {
  std::string hello = R"({"t":"hello","role":"visitor",)";
  if (!token_.empty()) hello += R"("token":")" + token_ + R"(",)";
  send(hello + R"("queue":")" + queue_ + "\"}");
}

void HetiVisitor::on_end(const std::string& why) {
  ready_ = false;
  listener_.on_lost(*this, why);
}

void HetiVisitor::on_welcome(std::string_view text) {
  std::string history;
  scan_object(text, [&](std::string_view name, std::string_view value) {
    if (name == "token") token_ = value;
    if (name == "history") history = value;
  });
  if (!history_.empty() && history != history_) violations_.add("the server has given up a part of its history");
  history_ = history;
  if (aim_ == Aim::welcome) {
    ready_ = true;
    return listener_.on_ready(*this);
  }
  if (chat_->id.empty()) {
    send(R"({"t":"start","ref":1,"page_url":"https://shop.example/boots","page_title":"Winter boots"})");
    return;
  }
  send(open_frame(*chat_, visitor_side, 1));
  // Whatever was under way when the line was cut goes out again, under its old number.
  const Ledger& ledger = chat_->ledger;
  if (ledger.acked(visitor_side) < ledger.posted(visitor_side)) chat_->ledger.allow_repeated_acks(visitor_side);
  for (std::uint64_t n = ledger.acked(visitor_side) + 1; n <= ledger.posted(visitor_side); ++n) {
    send(post_frame_again(*chat_, visitor_side, n, door_.frame_bytes));
  }
}

void HetiVisitor::on_opened(std::string_view text) {
  std::string_view conversation, entries;
  scan_object(text, [&](std::string_view name, std::string_view value) {
    if (name == "conversation") conversation = value;
    if (name == "entries") entries = value;
  });
  if (chat_->id.empty()) {
    begin_chat(*chat_, field_of(conversation, "id"));
    listener_.on_started(*this);
  }
  scan_array(entries, [this](std::string_view entry) {
    listener_.on_entry(*this, take_entry(*chat_, visitor_side, entry, violations_));
  });
  ready_ = true;
  listener_.on_ready(*this);
}

void HetiVisitor::on_text(std::string_view text) {
  std::string_view t, entry, n, seq, ref;
  scan_object(text, [&](std::string_view name, std::string_view value) {
    if (name == "t") t = value;
    if (name == "entry") entry = value;
    if (name == "n") n = value;
    if (name == "seq") seq = value;
    if (name == "ref") ref = value;
  });
  if (t == "entry") {
    listener_.on_entry(*this, take_entry(*chat_, visitor_side, entry, violations_));
  } else if (t == "acked") {
    chat_->ledger.acknowledge(visitor_side, number_of(n), number_of(seq));
    listener_.on_acked(*this, number_of(n));
  } else if (t == "welcome") {
    on_welcome(text);
  } else if (t == "opened") {
    on_opened(text);
  } else if (t == "ok" && ref == "9") {
    listener_.on_rated(*this);
  } else if (t == "refused" || t == "error") {
    violations_.add("visitor " + std::to_string(index_) + " was told " + std::string(text));
  }
}

}  // namespace heti::load
