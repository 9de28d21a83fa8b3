#include "service/demo_clock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace heti {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class DemoClockTest : public testing::Test {
 protected:
  DemoClockTest() {
    fs::remove_all(directory_);
    settings_.journal.path = directory_.string();
    config::QueueSettings queue;
    queue.name = "support";
    queue.schedule.timezone = "Europe/Helsinki";
    settings_.queues.push_back(queue);
  }
  ~DemoClockTest() override { fs::remove_all(directory_); }

  void put(const char* name) const {
    fs::create_directories(directory_);
    std::ofstream(directory_ / name) << "x";
  }
  bool marked() const { return fs::exists(directory_ / demo_clock_name); }
  bool admitted(std::uint32_t speed) const {
    return admit_clock(settings_, {.speed = speed, .start_at = {}}).has_value();
  }
  std::string refusal(std::uint32_t speed) const {
    const auto said = admit_clock(settings_, {.speed = speed, .start_at = {}});
    return said ? "" : said.error();
  }

  const fs::path directory_ = fs::temp_directory_path() / ("heti-demo-clock-" + std::to_string(getpid()));
  config::Settings settings_;
};

TEST_F(DemoClockTest, ANewDirectoryBecomesTheDemosAndStaysIt) {
  put("secrets.db");  // passwords are set before the first start
  EXPECT_TRUE(admitted(60));
  EXPECT_TRUE(marked());
  put("journal.db");
  EXPECT_TRUE(admitted(60));
  EXPECT_TRUE(admitted(2)) << "another speed is the same kind";
  const std::string said = refusal(1);
  EXPECT_NE(said.find(directory_.string()), std::string::npos) << said;
  EXPECT_NE(said.find("--clock-speed"), std::string::npos) << said;
}

TEST_F(DemoClockTest, ADirectoryThatIsNotThereIsMade) {
  EXPECT_TRUE(admitted(60));
  EXPECT_TRUE(marked());
}

TEST_F(DemoClockTest, AJournalOfRealTimeIsNotTouched) {
  put("journal.db");
  const std::string said = refusal(60);
  EXPECT_NE(said.find(directory_.string()), std::string::npos) << said;
  EXPECT_NE(said.find("HETI_JOURNAL_PATH"), std::string::npos) << said;
  EXPECT_FALSE(marked());
  EXPECT_TRUE(admitted(1));
}

TEST_F(DemoClockTest, AnOrdinaryStartMarksNothing) {
  EXPECT_TRUE(admitted(1));
  EXPECT_FALSE(fs::exists(directory_));
}

TEST_F(DemoClockTest, AJournalInMemoryNeedsNoMark) {
  put("journal.db");
  settings_.journal.kind = config::JournalKind::memory;
  EXPECT_TRUE(admitted(60));
  EXPECT_FALSE(marked());
}

TEST_F(DemoClockTest, LocalTimesAreThoseOfTheZone) {
  using namespace std::chrono;
  const auto winter = local_instant("Europe/Helsinki", "2026-11-23T07:30");
  ASSERT_TRUE(winter.has_value());
  EXPECT_EQ(*winter, sys_days{2026y / November / 23} + 5h + 30min);
  const auto summer = local_instant("Europe/Helsinki", "2026-06-01T00:00");
  ASSERT_TRUE(summer.has_value());
  EXPECT_EQ(*summer, sys_days{2026y / May / 31} + 21h);
  const auto skipped = local_instant("Europe/Helsinki", "2026-03-29T03:30");
  ASSERT_TRUE(skipped.has_value());
  EXPECT_EQ(*skipped, sys_days{2026y / March / 29} + 1h) << "the transition";
  EXPECT_TRUE(local_instant("Europe/Helsinki", "2026-11-23T23:59").has_value());
}

TEST_F(DemoClockTest, WhatIsNoLocalTimeIsRefused) {
  for (const char* text : {"", "2026-11-23", "2026-11-23 07:30", "2026-13-01T07:30", "2026-02-30T07:30",
                           "2026-11-23T24:00", "2026-11-23T07:60", "2026-11-23T7:30x", "-026-11-23T07:30"}) {
    EXPECT_FALSE(local_instant("Europe/Helsinki", text).has_value()) << text;
  }
  EXPECT_FALSE(local_instant("Europe/Nowhere", "2026-11-23T07:30").has_value());
}

TEST_F(DemoClockTest, TheClockBeginsWhereTheJournalEndsOrWhereItIsTold) {
  using namespace std::chrono;
  const Instant monday = sys_days{2026y / November / 23} + 5h + 30min;
  auto told = make_clock(settings_, {.speed = 60, .start_at = "2026-11-23T07:30"}, {});
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->speed(), 60U);
  EXPECT_LT(told->now() - monday, 1h);
  EXPECT_GE(told->now(), monday);

  auto continued = make_clock(settings_, {.speed = 60, .start_at = {}}, monday + 48h);
  ASSERT_TRUE(continued.has_value());
  EXPECT_GE(continued->now(), monday + 48h);
  EXPECT_LT(continued->now(), monday + 49h);

  const auto back = make_clock(settings_, {.speed = 60, .start_at = "2026-11-23T07:30"}, monday + 1ms);
  ASSERT_FALSE(back.has_value());
  EXPECT_NE(back.error().find(directory_.string()), std::string::npos) << back.error();
  EXPECT_TRUE(make_clock(settings_, {.speed = 60, .start_at = "2026-11-23T07:30"}, monday).has_value());
}

TEST_F(DemoClockTest, ARealClockIsNotSet) {
  EXPECT_FALSE(make_clock(settings_, {.speed = 1, .start_at = "2026-11-23T07:30"}, {}).has_value());
  auto real = make_clock(settings_, {}, {});
  ASSERT_TRUE(real.has_value());
  EXPECT_EQ(real->speed(), 1U);
}

}  // namespace
}  // namespace heti
