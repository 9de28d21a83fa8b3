#pragma once
// The secrets that nodes share, in the hash {<workspace>}:secrets of the Redis that holds their journal.
#include <memory>
#include <string>

#include "service/gateway/secrets_share.hpp"
#include "service/journal/redis/connection.hpp"

namespace heti {

[[nodiscard]] std::unique_ptr<gateway::SecretsShare> share_in_redis(journal::redis::ConnectionOptions connection,
                                                                    const std::string& workspace);

}  // namespace heti
