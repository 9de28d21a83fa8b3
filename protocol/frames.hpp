#pragma once
// All frames of heti.v1. PROTOCOL.md tells what they mean.
#include "protocol/client_frames.hpp"
#include "protocol/server_frames.hpp"
