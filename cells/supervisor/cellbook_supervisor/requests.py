"""The questions a cell may ask. Each function gets the supervisor, the parameters, the raw bytes beside
them, and two callbacks of which it calls one, once: `done(result, data)` or `failed(refusal)`."""

from . import frames, kernelspecs, settings
from .errors import Refused
from .kernel import Kernel
from .run import Run
from .terminal import Terminal

_RUN_OUTPUT_BYTES_MAX = settings.FRAME_BYTES_MAX - 4096


def answer(supervisor, request_id, payload):
    value, binary = frames.open_envelope(payload)

    def done(result, data=b""):
        supervisor.outbox.send(frames.RESPONSE, request_id, [frames.envelope(result, data)])

    def failed(refusal):
        body = {"code": refusal.code, "problem": refusal.problem, "ids": refusal.ids}
        supervisor.outbox.send(frames.RESPONSE, request_id, [frames.envelope(body)], frames.FLAG_ERROR)

    try:
        method = _METHODS.get(value["method"])
        if method is None:
            raise Refused("not_implemented", "this supervisor does not know %r" % value["method"])
        method(supervisor, value.get("params", {}), bytes(binary), done, failed)
    except Refused as refusal:
        failed(refusal)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        failed(Refused("bad_request", "the request was not understood: %r" % error))
    except OSError as error:
        failed(Refused("sandbox_unavailable", "the sandbox refused: %s" % error))


def list_kernelspecs(_supervisor, _params, _binary, done, _failed):
    found = kernelspecs.find()
    done({name: {key: entry[key] for key in ("name", "spec", "resources")} for name, entry in found.items()})


def read_resource(_supervisor, params, _binary, done, _failed):
    entry = _kernelspec(params["kernelspec"])
    try:
        done({}, kernelspecs.read_resource(entry, params["file"], settings.RESOURCE_BYTES_MAX))
    except (KeyError, OSError) as error:
        raise Refused("not_found", "the kernelspec has no file of this name") from error


def _kernelspec(name):
    entry = kernelspecs.find().get(name)
    if entry is None:
        raise Refused("unknown_kernelspec", "the image has no kernelspec named %s" % name, kernelspec=name)
    return entry


def start_kernel(supervisor, params, _binary, done, failed):
    stream, kernel_id = int(params["stream"]), str(params["kernelId"])
    if any(k.kernel_id == kernel_id or k.stream == stream for k in supervisor.kernels.values()):
        raise Refused("already_exists", "this kernel is already there", kernelId=kernel_id)
    entry = _kernelspec(params["kernelspec"])
    where = (stream, kernel_id, str(params["directory"]), params["environment"])
    spare = supervisor.take_spare()
    if spare is None:
        _start_new(supervisor, entry, *where, done, failed)
        return

    def refused():
        spare.end()
        try:
            _start_new(supervisor, entry, *where, done, failed)
        except Refused as refusal:
            failed(refusal)
        except OSError as error:
            failed(Refused("sandbox_unavailable", "the sandbox refused: %s" % error))

    if spare.fits(entry):
        spare.hand_out(*where, done, refused)
    else:
        refused()


def _start_new(supervisor, entry, stream, kernel_id, directory, environment, done, failed):
    kernel = Kernel(supervisor, stream, kernel_id, entry, directory, environment)

    def not_started(refusal):
        supervisor.forget_kernel(stream)
        failed(refusal)

    supervisor.kernels[stream] = kernel
    try:
        kernel.start(done, not_started)
    except (Refused, OSError):
        supervisor.forget_kernel(stream)
        raise


def set_aside(supervisor, params, _binary, done, failed):
    """A kernel is prepared, and nobody's from then on: it waits for the first who asks for one of its kind."""
    kernel = _kernel(supervisor, params)
    if kernel.state != "idle" or supervisor.spare is not None:
        raise Refused("conflict", "only one kernel that is idle can be set aside", kernelId=kernel.kernel_id)

    def prepared(content):
        if content.get("status") != "ok":
            problem = "its preparation failed: %s" % str(content.get("evalue"))[:2000]
            failed(Refused("conflict", problem, kernelId=kernel.kernel_id))
            return
        supervisor.set_aside(kernel)
        done({})

    kernel.execute_unseen({"code": str(params["code"])}, prepared)


def set_environment(supervisor, params, _binary, done, _failed):
    """Secrets as environment variables, all of them at once: what is not named any more is forgotten. Kernels and
    terminals started from now on have them; those that run keep what they were started with. They are kept in
    this process's memory alone, and no answer or error repeats a value."""
    given = params["environment"]
    if not isinstance(given, dict) or not all(_is_variable(*pair) for pair in given.items()):
        raise Refused("bad_request", "an environment maps names to texts without zero bytes")
    supervisor.secrets = dict(given)
    done({})


def _is_variable(name, value):
    return isinstance(value, str) and name != "" and "=" not in name and "\0" not in name + value


def _kernel(supervisor, params):
    for kernel in supervisor.kernels.values():
        if kernel.kernel_id == params["kernelId"]:
            return kernel
    raise Refused("not_found", "there is no such kernel in this sandbox", kernelId=str(params["kernelId"]))


def interrupt_kernel(supervisor, params, _binary, done, _failed):
    _kernel(supervisor, params).interrupt()
    done({})


def restart_kernel(supervisor, params, _binary, done, failed):
    _kernel(supervisor, params).restart(done, failed)


def shutdown_kernel(supervisor, params, _binary, done, _failed):
    kernel = _kernel(supervisor, params)

    def gone():
        supervisor.forget_kernel(kernel.stream)
        done({})

    kernel.stop(False, gone)


def open_terminal(supervisor, params, _binary, done, _failed):
    stream = int(params["stream"])
    if stream in supervisor.terminals:
        raise Refused("already_exists", "this terminal is already there")
    size = (int(params["columns"]), int(params["rows"]))
    terminal = Terminal(supervisor, stream, str(params["name"]), *size, str(params["directory"]))
    supervisor.terminals[stream] = terminal
    done({})


def resize_terminal(supervisor, params, _binary, done, _failed):
    terminal = supervisor.terminals.get(int(params["stream"]))
    if terminal is not None:
        terminal.resize(int(params["columns"]), int(params["rows"]))
    done({})


def close_terminal(supervisor, params, _binary, done, _failed):
    terminal = supervisor.terminals.get(int(params["stream"]))
    if terminal is None:
        done({})
    else:
        terminal.close(lambda: done({}))


def survey(supervisor, _params, _binary, done, _failed):
    done(supervisor.survey())


def run(supervisor, params, binary, done, failed):
    def ended(exit_code, stdout, stderr):
        supervisor.runs.discard(command)
        sizes = {"exitCode": exit_code, "stdoutBytes": len(stdout), "stderrBytes": len(stderr)}
        done(sizes, stdout + stderr)

    def refused(refusal):
        supervisor.runs.discard(command)
        failed(refusal)

    argv = [str(part) for part in params["argv"]]
    if not argv:
        raise Refused("bad_request", "a command has at least one word")
    limit = min(int(params["outputBytesMax"]), _RUN_OUTPUT_BYTES_MAX)
    where, timeout_ms = str(params["directory"]), int(params["timeoutMs"])
    command = Run(supervisor, argv, where, binary, timeout_ms, limit, ended, refused)
    supervisor.runs.add(command)


_METHODS = {
    "listKernelspecs": list_kernelspecs,
    "readKernelspecResource": read_resource,
    "startKernel": start_kernel,
    "interruptKernel": interrupt_kernel,
    "restartKernel": restart_kernel,
    "shutdownKernel": shutdown_kernel,
    "openTerminal": open_terminal,
    "resizeTerminal": resize_terminal,
    "closeTerminal": close_terminal,
    "survey": survey,
    "run": run,
    "setEnvironment": set_environment,
    "setAside": set_aside,
}
