#include "tests/gpu/emulator/fibre.h"

#include <cstdint>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace simt {

void fibre_main(Fibre* self);

#if defined(__x86_64__)
// Saves what the System V convention lets a callee not change, and swaps stacks.
asm(R"(
.text
.type bathyscope_switch_stack,@function
bathyscope_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size bathyscope_switch_stack, .-bathyscope_switch_stack
.type bathyscope_fibre_entry,@function
bathyscope_fibre_entry:
  movq %r12, %rdi
  callq *%r13
  ud2
.size bathyscope_fibre_entry, .-bathyscope_fibre_entry
)");
extern "C" void bathyscope_switch_stack(void** save_sp, void* next_sp);
extern "C" void bathyscope_fibre_entry();
#endif

namespace {

#if defined(__SANITIZE_ADDRESS__)
void leave_for(void** fake, const void* stack, std::size_t n) {
  __sanitizer_start_switch_fiber(fake, stack, n);
}
void arrive(void* fake, const void** stack, std::size_t* n) {
  __sanitizer_finish_switch_fiber(fake, stack, n);
}
#else
void leave_for(void**, const void*, std::size_t) {}
void arrive(void*, const void**, std::size_t*) {}
#endif

}  // namespace

void fibre_main(Fibre* self) { Fibre::start(self); }

void Fibre::start(Fibre* self) {
  arrive(nullptr, &self->caller_stack_, &self->caller_stack_bytes_);
  (*self->entry_)();
  self->ended_ = true;
  leave_for(nullptr, self->caller_stack_, self->caller_stack_bytes_);
#if defined(__x86_64__)
  bathyscope_switch_stack(&self->own_sp_, self->caller_sp_);
#else
  swapcontext(&self->own_, &self->caller_);
#endif
}

void Fibre::prepare(const std::function<void()>* entry) {
  if (!stack_) stack_ = std::make_unique<std::byte[]>(kStackBytes);
  entry_ = entry;
  ended_ = false;
#if defined(__x86_64__)
  const auto top =
      reinterpret_cast<std::uintptr_t>(stack_.get() + kStackBytes) & ~std::uintptr_t{15};
  auto** sp = reinterpret_cast<void**>(top) - 9;  // entry sees the stack aligned as after a call
  std::memset(sp, 0, 9 * sizeof(void*));
  sp[2] = reinterpret_cast<void*>(&fibre_main);              // r13
  sp[3] = this;                                              // r12
  sp[6] = reinterpret_cast<void*>(&bathyscope_fibre_entry);  // return address
  own_sp_ = sp;
#else
  getcontext(&own_);
  own_.uc_stack.ss_sp = stack_.get();
  own_.uc_stack.ss_size = kStackBytes;
  own_.uc_link = nullptr;
  const auto bits = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&own_, reinterpret_cast<void (*)()>(+[](unsigned low, unsigned high) {
    fibre_main(reinterpret_cast<Fibre*>(static_cast<std::uintptr_t>(high) << 32 | low));
  }),
              2, static_cast<unsigned>(bits), static_cast<unsigned>(bits >> 32));
#endif
}

void Fibre::resume() {
  leave_for(&caller_fake_stack_, stack_.get(), kStackBytes);
#if defined(__x86_64__)
  bathyscope_switch_stack(&caller_sp_, own_sp_);
#else
  swapcontext(&caller_, &own_);
#endif
  arrive(caller_fake_stack_, nullptr, nullptr);
}

void Fibre::suspend() {
  leave_for(&fake_stack_, caller_stack_, caller_stack_bytes_);
#if defined(__x86_64__)
  bathyscope_switch_stack(&own_sp_, caller_sp_);
#else
  swapcontext(&own_, &caller_);
#endif
  arrive(fake_stack_, &caller_stack_, &caller_stack_bytes_);
}

}  // namespace simt
