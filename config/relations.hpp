#pragma once
// Private to this room: rules that span several keys.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/settings.hpp"

namespace heti::config {

struct Place {
  std::string file;
  int line = 0;
};

// Where each key was set, and which keys hold nothing usable.
struct Places {
  std::string file;
  std::map<std::string, Place> set;  // By full path; sections too.
  std::set<std::string> wrong;

  // Of the key, else of the nearest section around it, else of the file.
  Place of(std::string path) const;
};

// A rule is left out when one of its keys is wrong already: its value is then a default that nobody asked for.
void check_relations(const Settings& settings, const Places& places, std::vector<Problem>& problems);

std::vector<Warning> relation_warnings(const Settings& settings, const Places& places);

}  // namespace heti::config
