// What a KeyStore holds, for those who build on LibTorch's object.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include "distributed/key_store.h"

namespace angle {

struct KeyStore::Connection {
  c10::intrusive_ptr<c10d::Store> store;
  uint16_t port;
};

}  // namespace angle
