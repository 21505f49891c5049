// Prints what the program says about the GPU: the plug-in beside this program is asked.
#include <cstdio>

#include "engine/backend/cuda_plugin.h"

int main() {
  std::puts(engine::describe_cuda(engine::cuda_plugin_path()).front().description.c_str());
  return 0;
}
