#include "service/base/planted.hpp"

namespace heti {
namespace {
Planted chosen = Planted::none;
}

void plant(Planted bug) { chosen = bug; }
bool planted(Planted bug) { return bug == chosen; }

}  // namespace heti
