/*
 * System calls on sockets for JavaScript, and a watch that hands each datagram to a callback on the
 * event loop.
 *
 * Every call returns its result, or a negative error number as in errno(3); only arguments of the
 * wrong type throw. Nothing here knows netlink's messages.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <node_api.h>
#include <uv.h>

/* Datagrams that one turn of the event loop takes from one socket, so that others get theirs. */
enum { DATAGRAMS_PER_TURN = 128 };

/* Errors in a row that only the poll tells, and the socket doesn't: asking on would spin. */
enum { MOST_SILENT_ERRORS = 3 };

/* A path of the file system, with its closing zero byte (PATH_MAX). */
enum { LONGEST_PATH = 4096 };

#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif
enum { FULL_INFO = 4, FULL_INFO_SUBFLOWS = 24, FULL_INFO_TCP = 32, FULL_INFO_HEAD = 40 };

/* ---- Arguments and results ------------------------------------------------------------------ */

/* Leaves an exception pending that says which call of N-API failed; an older one stays. */
static napi_value failed(napi_env env, const char *call) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) {
    napi_throw_type_error(env, "ERR_LIQUID_NETLINK", call);
  }
  return NULL;
}

#define TRY(call) \
  do { \
    if ((call) != napi_ok) return failed(env, #call); \
  } while (0)

static napi_value number(napi_env env, int64_t value) {
  napi_value result;
  TRY(napi_create_int32(env, (int32_t)value, &result));
  return result;
}

/* The result of a system call: itself, or −errno. */
static napi_value outcome(napi_env env, int64_t value) {
  return number(env, value < 0 ? -errno : value);
}

typedef struct {
  uint8_t *data;
  size_t length;
} Bytes;

static bool read_bytes(napi_env env, napi_value value, Bytes *bytes) {
  napi_typedarray_type type;
  void *data = NULL;
  if (napi_get_typedarray_info(env, value, &type, &bytes->length, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    napi_throw_type_error(env, "ERR_LIQUID_NETLINK", "expected a Uint8Array");
    return false;
  }
  bytes->data = data;
  return true;
}

static bool read_int(napi_env env, napi_value value, int *result) {
  int32_t number;
  if (napi_get_value_int32(env, value, &number) != napi_ok) {
    napi_throw_type_error(env, "ERR_LIQUID_NETLINK", "expected a number");
    return false;
  }
  *result = number;
  return true;
}

#define ARGUMENTS(count) \
  size_t argc = (count); \
  napi_value argv[count]; \
  TRY(napi_get_cb_info(env, info, &argc, argv, NULL, NULL)); \
  if (argc < (count)) { \
    napi_throw_type_error(env, "ERR_LIQUID_NETLINK", "too few arguments"); \
    return NULL; \
  }

#define INT(name, index) \
  int name; \
  if (!read_int(env, argv[index], &name)) return NULL

#define BYTES(name, index) \
  Bytes name; \
  if (!read_bytes(env, argv[index], &name)) return NULL

/* ---- Descriptors that close when their thread ends ------------------------------------------- */

typedef struct {
  int *fds;
  size_t count;
  size_t capacity;
} Kept;

static Kept *kept_of(napi_env env) {
  void *data = NULL;
  return napi_get_instance_data(env, &data) == napi_ok ? data : NULL;
}

static bool keep_fd(Kept *kept, int fd) {
  if (kept->count == kept->capacity) {
    size_t capacity = kept->capacity == 0 ? 16 : kept->capacity * 2;
    int *fds = realloc(kept->fds, capacity * sizeof *fds);
    if (fds == NULL) return false;
    kept->fds = fds;
    kept->capacity = capacity;
  }
  kept->fds[kept->count++] = fd;
  return true;
}

static void forget_fd(Kept *kept, int fd) {
  /* The newest is the likeliest to go. */
  for (size_t at = kept->count; at-- > 0;) {
    if (kept->fds[at] != fd) continue;
    kept->fds[at] = kept->fds[--kept->count];
    return;
  }
}

static void close_kept(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  Kept *kept = data;
  for (size_t at = 0; at < kept->count; at++) close(kept->fds[at]);
  free(kept->fds);
  free(kept);
}

static napi_value keep(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  INT(fd, 0);
  Kept *kept = kept_of(env);
  return number(env, kept != NULL && keep_fd(kept, fd) ? 0 : -ENOMEM);
}

static napi_value close_descriptor(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  INT(fd, 0);
  Kept *kept = kept_of(env);
  if (kept != NULL) forget_fd(kept, fd);
  /* Linux has given the number back also when close says EINTR: it must not be closed twice. */
  int result = close(fd);
  return number(env, result < 0 && errno != EINTR ? -errno : 0);
}

/* ---- Sockets --------------------------------------------------------------------------------- */

/* A socket made inside another network namespace; the thread is in its own again afterwards. */
static int socket_in(const char *path, int domain, int type, int protocol) {
  int result;
  int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) return -errno;
  int away = open(path, O_RDONLY | O_CLOEXEC);
  if (away < 0) {
    result = -errno;
    close(home);
    return result;
  }
  /* Entering one's own namespace changes nothing, but fails where the way back would be refused. */
  if (setns(home, CLONE_NEWNET) < 0 || setns(away, CLONE_NEWNET) < 0) {
    result = -errno;
  } else {
    result = socket(domain, type, protocol);
    if (result < 0) result = -errno;
    if (setns(home, CLONE_NEWNET) < 0) {
      /* All later sockets of the program would be on another network. */
      fprintf(stderr, "netlink: no way back from the namespace %s: %s\n", path, strerror(errno));
      abort();
    }
  }
  close(away);
  close(home);
  return result;
}

static napi_value open_socket(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  INT(domain, 0);
  INT(type, 1);
  INT(protocol, 2);
  int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  napi_valuetype kind;
  TRY(napi_typeof(env, argv[3], &kind));
  if (kind == napi_undefined) return outcome(env, socket(domain, type | flags, protocol));
  char path[LONGEST_PATH];
  size_t length;
  TRY(napi_get_value_string_utf8(env, argv[3], path, sizeof path, &length));
  if (length == sizeof path - 1) return number(env, -ENAMETOOLONG);
  return number(env, socket_in(path, domain, type | flags, protocol));
}

static napi_value bind_socket(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  INT(fd, 0);
  BYTES(address, 1);
  return outcome(env, bind(fd, (struct sockaddr *)address.data, (socklen_t)address.length));
}

static napi_value connect_socket(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  INT(fd, 0);
  BYTES(address, 1);
  return outcome(env, connect(fd, (struct sockaddr *)address.data, (socklen_t)address.length));
}

static napi_value listen_socket(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  INT(fd, 0);
  INT(backlog, 1);
  return outcome(env, listen(fd, backlog));
}

static napi_value own_address(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  INT(fd, 0);
  BYTES(address, 1);
  socklen_t length = (socklen_t)address.length;
  return outcome(env, getsockname(fd, (struct sockaddr *)address.data, &length) < 0 ? -1 : (int64_t)length);
}

static napi_value set_option(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  INT(fd, 0);
  INT(level, 1);
  INT(name, 2);
  BYTES(value, 3);
  return outcome(env, setsockopt(fd, level, name, value.data, (socklen_t)value.length));
}

static napi_value get_option(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  INT(fd, 0);
  INT(level, 1);
  INT(name, 2);
  BYTES(value, 3);
  socklen_t length = (socklen_t)value.length;
  return outcome(env, getsockopt(fd, level, name, value.data, &length) < 0 ? -1 : (int64_t)length);
}

/* MPTCP_FULL_INFO: its head points to the two arrays that the kernel fills. */
static napi_value full_info(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  INT(fd, 0);
  BYTES(head, 1);
  BYTES(subflows, 2);
  BYTES(tcp, 3);
  if (head.length < FULL_INFO_HEAD) return number(env, -EINVAL);
  uint64_t at = (uintptr_t)subflows.data;
  memcpy(head.data + FULL_INFO_SUBFLOWS, &at, sizeof at);
  at = (uintptr_t)tcp.data;
  memcpy(head.data + FULL_INFO_TCP, &at, sizeof at);
  socklen_t length = (socklen_t)head.length;
  int result = getsockopt(fd, SOL_MPTCP, FULL_INFO, head.data, &length);
  return outcome(env, result < 0 ? -1 : (int64_t)length);
}

static ssize_t put(int fd, const uint8_t *data, size_t length) {
  ssize_t sent;
  do {
    sent = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

static napi_value send_bytes(napi_env env, napi_callback_info info) {
  ARGUMENTS(3);
  INT(fd, 0);
  BYTES(bytes, 1);
  INT(length, 2);
  if (length < 0 || (size_t)length > bytes.length) return number(env, -EINVAL);
  return number(env, put(fd, bytes.data, (size_t)length));
}

static ssize_t take(int fd, const Bytes *bytes) {
  ssize_t length;
  do {
    length = recv(fd, bytes->data, bytes->length, MSG_DONTWAIT | MSG_TRUNC);
  } while (length < 0 && errno == EINTR);
  return length < 0 ? -errno : length;
}

static napi_value receive_bytes(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  INT(fd, 0);
  BYTES(bytes, 1);
  return number(env, take(fd, &bytes));
}

/* ---- Watches --------------------------------------------------------------------------------- */

/* The longest datagram that a trigger waits for or sends. */
enum { TRIGGER_BYTES = 512 };

/* What is sent as soon as a certain datagram comes: once, then it is off. */
typedef struct {
  bool armed;
  int fd;
  size_t expected_length;
  size_t answer_length;
  uint8_t expected[TRIGGER_BYTES];
  uint8_t answer[TRIGGER_BYTES];
} Trigger;

typedef struct {
  uv_poll_t poll; /* First: the handle and the watch have one address. */
  napi_env env;
  napi_ref callback;
  napi_ref buffer;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  int fd;
  /* The loop's handle and JavaScript's external each own it; the last one frees it. */
  int owners;
  /* Inside `on_readable`, whose handles must outlive a stop. */
  bool inside;
  bool stopped;
  /* Errors in a row that told nothing. */
  int silent_errors;
  Trigger trigger;
} Watch;

static void disown(Watch *watch) {
  if (--watch->owners == 0) free(watch);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  disown(data);
}

static void on_closed(uv_handle_t *handle) {
  Watch *watch = (Watch *)handle;
  napi_remove_async_cleanup_hook(watch->hook);
  disown(watch);
}

/* What a stopped watch held of JavaScript's world. */
static void let_go(Watch *watch) {
  if (watch->callback != NULL) napi_delete_reference(watch->env, watch->callback);
  if (watch->buffer != NULL) napi_delete_reference(watch->env, watch->buffer);
  if (watch->context != NULL) napi_async_destroy(watch->env, watch->context);
  watch->callback = NULL;
  watch->buffer = NULL;
  watch->context = NULL;
}

static void stop_watch(Watch *watch) {
  if (watch->stopped) return;
  watch->stopped = true;
  uv_poll_stop(&watch->poll);
  uv_close((uv_handle_t *)&watch->poll, on_closed);
  if (!watch->inside) let_go(watch);
}

/* The thread ends with the watch still on. */
static void on_teardown(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  stop_watch(data);
}

/* What a callback threw goes where all uncaught exceptions go. */
static void surface(napi_env env) {
  bool pending = false;
  napi_value error;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
}

/* What the trigger sent, or −errno; 0 where this is not what it waits for. */
static ssize_t pull(Trigger *trigger, const uint8_t *data, size_t capacity, ssize_t length) {
  if (!trigger->armed || length < 0 || (size_t)length != trigger->expected_length ||
      (size_t)length > capacity || memcmp(data, trigger->expected, length) != 0) {
    return 0;
  }
  trigger->armed = false;
  return put(trigger->fd, trigger->answer, trigger->answer_length);
}

/* What a look at the next datagram brought. */
typedef struct {
  /* As `pull` gives it. */
  ssize_t sent;
  /* −errno that the look took from the socket, or 0. */
  int error;
} Ahead;

/*
 * The same for the next datagram, which stays where it is: after a pause nothing of JavaScript's engine
 * is in the caches, and reaching it costs more than reading twice.
 */
static Ahead pull_ahead(Watch *watch) {
  Ahead ahead = {0, 0};
  if (!watch->trigger.armed) return ahead;
  uint8_t next[TRIGGER_BYTES];
  ssize_t length = recv(watch->fd, next, sizeof next, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
  /* A look takes an error as much as a receive does, and nobody else would tell of it. */
  if (length < 0 && errno != EAGAIN && errno != EINTR) ahead.error = -errno;
  ahead.sent = pull(&watch->trigger, next, sizeof next, length);
  return ahead;
}

/* Hands over what waits; gives the error number that ended it. `failed`: the poll told of an error. */
static int drain(Watch *watch, Ahead ahead, bool failed) {
  napi_env env = watch->env;
  napi_value callback, buffer, receiver, arguments[2];
  if (napi_get_reference_value(env, watch->callback, &callback) != napi_ok ||
      napi_get_reference_value(env, watch->buffer, &buffer) != napi_ok ||
      napi_get_undefined(env, &receiver) != napi_ok) {
    return -EFAULT;
  }
  for (int count = 0; count < DATAGRAMS_PER_TURN && !watch->stopped; count++) {
    /* Asked anew each time: the callback may have given the buffer's memory away. */
    napi_typedarray_type type;
    void *data = NULL;
    Bytes bytes = {NULL, 0};
    ssize_t sent = 0;
    ssize_t length = -EFAULT;
    if (napi_get_typedarray_info(env, buffer, &type, &bytes.length, &data, NULL, NULL) == napi_ok &&
        bytes.length > 0) {
      bytes.data = data;
      length = count == 0 && ahead.error != 0 ? ahead.error : take(watch->fd, &bytes);
    }
    if (length == -EAGAIN) {
      if (count > 0 || !failed || ++watch->silent_errors < MOST_SILENT_ERRORS) return -EAGAIN;
      length = -EIO;
    }
    watch->silent_errors = 0;
    if (length >= 0) {
      sent = ahead.sent != 0 ? ahead.sent : pull(&watch->trigger, bytes.data, bytes.length, length);
      ahead.sent = 0;
    }
    if (napi_create_int32(env, (int32_t)length, &arguments[0]) != napi_ok ||
        napi_create_int32(env, (int32_t)sent, &arguments[1]) != napi_ok) {
      return -EFAULT;
    }
    if (napi_call_function(env, receiver, callback, 2, arguments, NULL) != napi_ok) surface(env);
    if (length < 0 && length != -ENOBUFS) return (int)length;
  }
  return 0;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)events;
  Watch *watch = (Watch *)poll;
  napi_env env = watch->env;
  napi_handle_scope handles;
  napi_callback_scope callbacks;
  Ahead ahead = pull_ahead(watch);
  if (napi_open_handle_scope(env, &handles) != napi_ok) return;
  watch->inside = true;
  int ended = -EFAULT;
  if (napi_open_callback_scope(env, NULL, watch->context, &callbacks) == napi_ok) {
    ended = drain(watch, ahead, status < 0);
    if (napi_close_callback_scope(env, callbacks) != napi_ok) surface(env);
  }
  watch->inside = false;
  if (watch->stopped) {
    let_go(watch);
  } else if (ended == 0 || ended == -EAGAIN) {
    /* libuv ends a poll whose socket has an error; taking the error (ENOBUFS) has mended it. */
    if (status < 0) uv_poll_start(poll, UV_READABLE, on_readable);
  } else {
    /* Its callback has been told; asking again would only spin. */
    uv_poll_stop(poll);
  }
  napi_close_handle_scope(env, handles);
}

static napi_value start_watch(napi_env env, napi_callback_info info) {
  ARGUMENTS(3);
  INT(fd, 0);
  BYTES(bytes, 1);
  (void)bytes;
  napi_valuetype kind;
  TRY(napi_typeof(env, argv[2], &kind));
  if (kind != napi_function) {
    napi_throw_type_error(env, "ERR_LIQUID_NETLINK", "expected a function");
    return NULL;
  }
  uv_loop_t *loop;
  napi_value name, external;
  TRY(napi_get_uv_event_loop(env, &loop));
  TRY(napi_create_string_utf8(env, "LIQUID_NETLINK", NAPI_AUTO_LENGTH, &name));

  Watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL) return number(env, -ENOMEM);
  watch->env = env;
  watch->fd = fd;
  int error = uv_poll_init(loop, &watch->poll, fd);
  if (error < 0) {
    free(watch);
    return number(env, error);
  }
  /* From here on the loop owns it: every way out closes the handle. */
  watch->owners = 1;
  if (napi_add_async_cleanup_hook(env, on_teardown, watch, &watch->hook) != napi_ok) {
    /* Without the hook `on_closed` must not remove it; this path needs a handle closed plainly. */
    uv_close((uv_handle_t *)&watch->poll, (uv_close_cb)free);
    return failed(env, "napi_add_async_cleanup_hook");
  }
  if (napi_create_reference(env, argv[2], 1, &watch->callback) != napi_ok ||
      napi_create_reference(env, argv[1], 1, &watch->buffer) != napi_ok ||
      napi_async_init(env, NULL, name, &watch->context) != napi_ok ||
      napi_create_external(env, watch, on_collected, NULL, &external) != napi_ok) {
    stop_watch(watch);
    return failed(env, "napi_create_external");
  }
  watch->owners = 2;
  error = uv_poll_start(&watch->poll, UV_READABLE, on_readable);
  if (error < 0) {
    stop_watch(watch);
    return number(env, error);
  }
  return external;
}

static Watch *watch_of(napi_env env, napi_value value) {
  void *data = NULL;
  if (napi_get_value_external(env, value, &data) != napi_ok) {
    napi_throw_type_error(env, "ERR_LIQUID_NETLINK", "expected a watch");
    return NULL;
  }
  return data;
}

static napi_value unwatch(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  Watch *watch = watch_of(env, argv[0]);
  if (watch != NULL) stop_watch(watch);
  return NULL;
}

static napi_value ref_watch(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  bool keeps_alive;
  Watch *watch = watch_of(env, argv[0]);
  if (watch == NULL) return NULL;
  TRY(napi_get_value_bool(env, argv[1], &keeps_alive));
  if (watch->stopped) return NULL;
  if (keeps_alive) {
    uv_ref((uv_handle_t *)&watch->poll);
  } else {
    uv_unref((uv_handle_t *)&watch->poll);
  }
  return NULL;
}

static napi_value arm_watch(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  BYTES(expected, 1);
  INT(fd, 2);
  BYTES(answer, 3);
  Watch *watch = watch_of(env, argv[0]);
  if (watch == NULL) return NULL;
  if (watch->stopped) return number(env, -EBADF);
  if (expected.length > TRIGGER_BYTES || answer.length > TRIGGER_BYTES) return number(env, -EMSGSIZE);
  Trigger *trigger = &watch->trigger;
  memcpy(trigger->expected, expected.data, expected.length);
  memcpy(trigger->answer, answer.data, answer.length);
  trigger->expected_length = expected.length;
  trigger->answer_length = answer.length;
  trigger->fd = fd;
  trigger->armed = true;
  return number(env, 0);
}

static napi_value disarm_watch(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  Watch *watch = watch_of(env, argv[0]);
  if (watch != NULL) watch->trigger.armed = false;
  return NULL;
}

/* ---- The module ------------------------------------------------------------------------------ */

#define METHOD(name, function) {name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL}

NAPI_MODULE_INIT() {
  Kept *kept = calloc(1, sizeof *kept);
  if (kept == NULL) return failed(env, "calloc");
  if (napi_set_instance_data(env, kept, close_kept, NULL) != napi_ok) {
    free(kept);
    return failed(env, "napi_set_instance_data");
  }
  const napi_property_descriptor methods[] = {
      METHOD("socket", open_socket),     METHOD("keep", keep),
      METHOD("close", close_descriptor), METHOD("bind", bind_socket),
      METHOD("connect", connect_socket), METHOD("listen", listen_socket),
      METHOD("getsockname", own_address), METHOD("setsockopt", set_option),
      METHOD("getsockopt", get_option),  METHOD("fullInfo", full_info),
      METHOD("send", send_bytes),        METHOD("recv", receive_bytes),
      METHOD("watch", start_watch),      METHOD("unwatch", unwatch),
      METHOD("refWatch", ref_watch),     METHOD("armWatch", arm_watch),
      METHOD("disarmWatch", disarm_watch),
  };
  TRY(napi_define_properties(env, exports, sizeof methods / sizeof *methods, methods));
  return exports;
}
