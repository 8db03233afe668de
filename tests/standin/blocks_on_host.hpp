// The threads of a block that meet at __syncthreads(), as coroutines of one host thread.
#include <ucontext.h>
#include <vector>

// Blocks run one after the other, so what a block shares may lie in one place for all of them.
#define __shared__ static
#define __syncthreads() _meet(__LINE__)

struct _Coroutine {
    ucontext_t context;
    std::vector<char> stack;
    int meeting;  // the line at which it waits
    bool ended;
};

static std::vector<_Coroutine> _coroutines;
static ucontext_t _scheduler;
static int _current;
static void (*_body)();

static void _step_aside() {
    swapcontext(&_coroutines[_current].context, &_scheduler);
}

static void _meet(int line) {
    _coroutines[_current].meeting = line;
    _step_aside();
}

static void _begin() {
    _body();
    _coroutines[_current].ended = true;
    _step_aside();
}

static void _resume(int number) {
    unsigned plane = blockDim.x * blockDim.y;
    threadIdx = {number % blockDim.x, number / blockDim.x % blockDim.y, number / plane};
    _current = number;
    swapcontext(&_scheduler, &_coroutines[number].context);
}

// Whether all threads have ended, or all wait in the same line.
static bool _are_together() {
    for (auto &coroutine : _coroutines) {
        auto &first = _coroutines[0];
        if (coroutine.ended != first.ended) return false;
        if (!first.ended && coroutine.meeting != first.meeting) return false;
    }
    return true;
}

// Run a block, from one meeting to the next. False if the threads do not come together.
static bool _run_block(void (*body)(), bool backwards) {
    const size_t stack_size = 64 * 1024;
    _body = body;
    _coroutines.resize(blockDim.x * blockDim.y * blockDim.z);
    for (auto &coroutine : _coroutines) {
        coroutine.stack.resize(stack_size);
        coroutine.ended = false;
        getcontext(&coroutine.context);
        coroutine.context.uc_stack.ss_sp = coroutine.stack.data();
        coroutine.context.uc_stack.ss_size = stack_size;
        makecontext(&coroutine.context, _begin, 0);
    }
    int count = (int)_coroutines.size();
    do {
        for (int turn = 0; turn < count; turn++) _resume(backwards ? count - 1 - turn : turn);
        if (!_are_together()) return false;
    } while (!_coroutines[0].ended);
    return true;
}
