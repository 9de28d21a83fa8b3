#include "service/cluster/roll.hpp"

namespace heti::cluster {

Roll::News Roll::heard(const Beat& beat, Millis now) {
  const auto [found, is_new] = members_.try_emplace(beat.node);
  Member& member = found->second;
  if (!is_new && beat.incarnation < member.last.incarnation) return News::none;
  News news = News::none;
  if (is_new) {
    news = News::came;
  } else if (beat.incarnation > member.last.incarnation) {
    news = News::restarted;
  } else if (member.lost) {
    news = News::back;
  }
  member = {.last = beat, .heard = now, .lost = false};
  return news;
}

std::vector<Start> Roll::lost(Millis now) {
  std::vector<Start> found;
  for (auto i = members_.begin(); i != members_.end();) {
    Member& member = i->second;
    const Millis silent = now - member.heard;
    if (!member.lost && silent >= lost_after) {
      member.lost = true;
      found.push_back({.node = i->first, .incarnation = member.last.incarnation});
    }
    i = silent >= forgotten_after ? members_.erase(i) : std::next(i);
  }
  return found;
}

}  // namespace heti::cluster
