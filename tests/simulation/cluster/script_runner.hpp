#pragma once
// Runs the real scripts by the real Lua 5.1, as Redis does.
#include <functional>
#include <string>

#include "tests/simulation/cluster/keyspace.hpp"

struct lua_State;

namespace heti::simulation {

class ScriptRunner {
 public:
  ScriptRunner();
  ~ScriptRunner();
  ScriptRunner(const ScriptRunner&) = delete;
  ScriptRunner& operator=(const ScriptRunner&) = delete;

  using Call = std::function<Reply(const Words& words)>;
  Reply run(const std::string& source, const Words& keys, const Words& arguments, const Call& call);

 private:
  lua_State* state_;
  std::map<std::string, int> compiled_;
};

}  // namespace heti::simulation
