# What the plug-in and the emulated one of tests/gpu are made of. The largest kernels come in several files, which compile
# side by side.
set(cuda_kernels absorb.cu attention.cu attention_finish.cu elementwise.cu indexer.cu logits.cu matmul_blocks.cu
  matmul_k_four.cu matmul_k_six.cu matmul_k_two.cu matmul_plain.cu moe.cu)
set(cuda_backend cuda_attention.cpp cuda_backend.cpp cuda_logits.cpp cuda_memory.cpp cuda_moe.cpp cuda_reserve.cpp cuda_self_check.cpp
  cuda_step.cpp cuda_waiting.cpp weight_placement.cpp weight_upload.cpp)
list(TRANSFORM cuda_kernels PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM cuda_backend PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
