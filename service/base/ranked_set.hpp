#pragma once
// An ordered set that also knows the place of each of its elements, in steps that grow with the logarithm of the size.
#include <cstddef>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <functional>

namespace heti {

template <class T>
class RankedSet {
 public:
  using value_type = T;

  // Says nothing of whether it was there.
  void insert(const T& value) { tree_.insert(value); }
  void erase(const T& value) { tree_.erase(value); }
  void clear() { tree_.clear(); }

  bool contains(const T& value) const { return tree_.find(value) != tree_.end(); }
  // How many elements come before it.
  std::size_t rank(const T& value) const { return tree_.order_of_key(value); }

  std::size_t size() const { return tree_.size(); }
  bool empty() const { return tree_.empty(); }
  auto begin() const { return tree_.begin(); }
  auto end() const { return tree_.end(); }

 private:
  __gnu_pbds::tree<T, __gnu_pbds::null_type, std::less<T>, __gnu_pbds::rb_tree_tag,
                   __gnu_pbds::tree_order_statistics_node_update>
      tree_;
};

}  // namespace heti
