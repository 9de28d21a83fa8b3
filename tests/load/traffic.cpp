#include "tests/load/traffic.hpp"

#include <algorithm>
#include <cstdio>

namespace heti::load {

void Intentions::grow() {
  std::vector<std::int64_t> wider(ring_.size() * 2);
  for (std::size_t i = 0; i < size_; ++i) wider[i] = ring_[(first_ + i) & (ring_.size() - 1)];
  ring_ = std::move(wider);
  first_ = 0;
}

Traffic::Traffic(Loop& loop, Talk& talk) : loop_(loop), talk_(talk), sides_(talk.pairs()) { talk_.listen(*this); }

void Traffic::post(std::size_t pair, unsigned from, std::int64_t intended) {
  Side& side = sides_[pair][from];
  const std::uint64_t n = talk_.post(pair, from);
  if (side.posted == 0) {
    side.intended.begin_after(n - 1);
    side.acked = side.delivered = side.done = n - 1;
  }
  side.posted = n;
  side.intended.push(intended);
  ++under_way_;
}

void Traffic::start(const Plan& plan) {
  plan_ = plan;
  posting_ = true;
  const std::int64_t now = now_ns();
  next_at_ = static_cast<double>(now);
  for (std::size_t pair = 0; pair < sides_.size(); ++pair) {
    for (std::size_t i = 0; i < plan.window; ++i) post(pair, (pair + i) % 2 == 0 ? 0 : 1, now);
  }
}

void Traffic::post_what_is_due() {
  const double gap = 1e9 / plan_.rate;
  const auto now = static_cast<double>(now_ns());
  while (next_at_ <= now) {
    // Side 0 of every pair, then side 1 of every pair.
    const std::size_t sender = next_sender_++ % (2 * sides_.size());
    post(sender % sides_.size(), sender < sides_.size() ? 0 : 1, static_cast<std::int64_t>(next_at_));
    next_at_ += gap;
  }
}

void Traffic::run_for(double seconds, const char* what, std::uint64_t messages) {
  const std::int64_t begin = now_ns();
  const std::int64_t end = begin + static_cast<std::int64_t>(seconds * 1e9);
  std::int64_t told_at = begin;
  std::uint64_t told = measured_.delivered;
  const auto goes_on = [&](std::int64_t now) { return messages > 0 ? measured_.delivered < messages : now < end; };
  for (std::int64_t now = begin; goes_on(now); now = now_ns()) {
    std::int64_t wait = 100'000'000;
    if (plan_.rate > 0) {
      post_what_is_due();
      wait = std::clamp<std::int64_t>(static_cast<std::int64_t>(next_at_) - now_ns(), 0, wait);
    }
    loop_.round(messages > 0 ? wait : std::min(wait, end - now));
    if (now - told_at < 1'000'000'000) continue;
    const double rate = static_cast<double>(measured_.delivered - told) * 1e9 / static_cast<double>(now - told_at);
    std::fprintf(stderr, "%s: %s, %.0f messages/s, %llu under way\n", plan_.name.c_str(), what, rate,
                 static_cast<unsigned long long>(under_way_));
    told_at = now;
    told = measured_.delivered;
  }
}

void Traffic::forget() {
  measured_ = Measured{};
  measured_since_ = now_ns();
}

void Traffic::finish() {
  measured_.seconds = static_cast<double>(now_ns() - measured_since_) / 1e9;
  Measured kept = measured_;
  posting_ = false;
  const std::int64_t end = now_ns() + static_cast<std::int64_t>(plan_.patience_s * 1e9);
  while (under_way_ > 0 && now_ns() < end) loop_.round(50'000'000);
  // What was done last may still be on its way to those who are only shown it.
  const std::int64_t calm = now_ns() + 300'000'000;
  while (now_ns() < calm) loop_.round(50'000'000);
  talk_.expect_complete();
  kept.delivered_in_all = delivered_;
  measured_ = kept;
}

void Traffic::on_acked(std::size_t pair, unsigned from, std::uint64_t n) {
  Side& side = sides_[pair][from];
  if (n <= side.acked || n > side.posted) return;
  const std::int64_t now = now_ns();
  for (std::uint64_t i = side.acked + 1; i <= n; ++i) measured_.ack.record(now - side.intended.at(i));
  measured_.acked += n - side.acked;
  side.acked = n;
  advance(pair, from);
}

void Traffic::on_delivered(std::size_t pair, unsigned from, std::uint64_t n) {
  Side& side = sides_[pair][from];
  if (n <= side.delivered || n > side.posted) return;
  measured_.delivery.record(now_ns() - side.intended.at(n));
  ++measured_.delivered;
  ++delivered_;
  side.delivered = n;
  advance(pair, from);
}

void Traffic::advance(std::size_t pair, unsigned from) {
  Side& side = sides_[pair][from];
  const std::uint64_t done = talk_.acknowledges() ? std::min(side.acked, side.delivered) : side.delivered;
  if (done == side.done) return;
  const std::uint64_t more = done - side.done;
  side.done = done;
  side.intended.drop_up_to(done);
  under_way_ -= more;
  if (!posting_ || plan_.window == 0) return;
  const std::int64_t now = now_ns();
  for (std::uint64_t i = 0; i < more; ++i) post(pair, 1 - from, now);
}

}  // namespace heti::load
