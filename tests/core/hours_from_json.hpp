#pragma once
// The vectors spell opening hours in JSON; this gives the text model that the TOML loader makes too.
#include <boost/json.hpp>

#include "config/hours.hpp"

namespace heti::tests {

inline config::OpenText open_from_json(const boost::json::value& value) {
  config::OpenText open;
  if (value.is_string()) {
    open.closed = value.as_string() == "closed";
    if (!open.closed) open.intervals.emplace_back(value.as_string());
    return open;
  }
  for (const auto& interval : value.as_array()) open.intervals.emplace_back(interval.as_string());
  return open;
}

inline config::HoursText hours_from_json(const boost::json::object& schedule) {
  config::HoursText text;
  text.timezone = std::string(schedule.at("timezone").as_string());
  for (const auto& [day, hours] : schedule.at("weekly").as_object()) {
    text.days.push_back({.key = std::string(day), .hours = open_from_json(hours), .line = 0});
  }
  if (!schedule.contains("exceptions")) return text;
  for (const auto& item : schedule.at("exceptions").as_array()) {
    const auto& object = item.as_object();
    config::ExceptionText exception;
    const auto date = [&](const char* key) -> std::optional<std::string> {
      if (!object.contains(key)) return std::nullopt;
      return std::string(object.at(key).as_string());
    };
    exception.date = date("date");
    exception.from = date("from");
    exception.to = date("to");
    exception.hours = open_from_json(object.at("hours"));
    text.exceptions.push_back(std::move(exception));
  }
  return text;
}

}  // namespace heti::tests
