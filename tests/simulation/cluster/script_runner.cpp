#include "tests/simulation/cluster/script_runner.hpp"

#include <lua.hpp>

#include "service/base/check.hpp"

namespace heti::simulation {
namespace {

std::string text_at(lua_State* state, int index) {
  std::size_t size = 0;
  const char* text = ::lua_tolstring(state, index, &size);
  CHECK(text != nullptr);
  return {text, size};
}

void push(lua_State* state, const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::nil: ::lua_pushboolean(state, 0); break;
    case Reply::Kind::integer: ::lua_pushnumber(state, static_cast<lua_Number>(reply.integer)); break;
    case Reply::Kind::error:
    case Reply::Kind::text: ::lua_pushlstring(state, reply.text.data(), reply.text.size()); break;
    case Reply::Kind::list:
      ::lua_createtable(state, static_cast<int>(reply.list.size()), 0);
      for (std::size_t i = 0; i < reply.list.size(); ++i) {
        push(state, reply.list[i]);
        ::lua_rawseti(state, -2, static_cast<int>(i) + 1);
      }
      break;
  }
}

// What is on top, as Redis makes a reply of it; the top is taken off.
Reply pop(lua_State* state) {
  Reply reply;
  switch (::lua_type(state, -1)) {
    case LUA_TSTRING: reply = text_reply(text_at(state, -1)); break;
    case LUA_TNUMBER: reply = integer_reply(static_cast<std::int64_t>(::lua_tonumber(state, -1))); break;
    case LUA_TBOOLEAN: reply = ::lua_toboolean(state, -1) != 0 ? integer_reply(1) : Reply{}; break;
    case LUA_TTABLE:
      reply.kind = Reply::Kind::list;
      for (int i = 1;; ++i) {
        ::lua_rawgeti(state, -1, i);
        if (lua_isnil(state, -1)) break;
        reply.list.push_back(pop(state));
      }
      lua_pop(state, 1);
      break;
    default: break;
  }
  lua_pop(state, 1);
  return reply;
}

int call_redis(lua_State* state) {
  const auto& call = *static_cast<const ScriptRunner::Call*>(::lua_touserdata(state, lua_upvalueindex(1)));
  bool failed = false;
  {
    Words words;
    for (int i = 1; i <= ::lua_gettop(state); ++i) words.push_back(text_at(state, i));
    const Reply reply = call(words);
    failed = reply.is_error();
    push(state, reply);
  }
  return failed ? ::lua_error(state) : 1;
}

void set_list(lua_State* state, const char* name, const Words& words) {
  ::lua_createtable(state, static_cast<int>(words.size()), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    ::lua_pushlstring(state, words[i].data(), words[i].size());
    ::lua_rawseti(state, -2, static_cast<int>(i) + 1);
  }
  lua_setglobal(state, name);
}

}  // namespace

ScriptRunner::ScriptRunner() : state_(::luaL_newstate()) { ::luaL_openlibs(state_); }
ScriptRunner::~ScriptRunner() { ::lua_close(state_); }

Reply ScriptRunner::run(const std::string& source, const Words& keys, const Words& arguments, const Call& call) {
  auto [found, is_new] = compiled_.try_emplace(source, 0);
  if (is_new) {
    CHECK(::luaL_loadbuffer(state_, source.data(), source.size(), "script") == 0);
    found->second = ::luaL_ref(state_, LUA_REGISTRYINDEX);
  }
  ::lua_createtable(state_, 0, 1);
  ::lua_pushlightuserdata(state_, const_cast<Call*>(&call));
  ::lua_pushcclosure(state_, call_redis, 1);
  ::lua_setfield(state_, -2, "call");
  lua_setglobal(state_, "redis");
  set_list(state_, "KEYS", keys);
  set_list(state_, "ARGV", arguments);
  ::lua_rawgeti(state_, LUA_REGISTRYINDEX, found->second);
  if (::lua_pcall(state_, 0, 1, 0) != 0) {
    std::string why = text_at(state_, -1);
    lua_pop(state_, 1);
    return error_reply("ERR " + why);
  }
  return pop(state_);
}

}  // namespace heti::simulation
