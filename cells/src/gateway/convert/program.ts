/**
 * The Python that converts, run inside the sandbox as `python3 -c PROGRAM format name file|stdin`. It
 * writes one line of JSON that says what follows, then the bytes. Standard output is its own: what a
 * converter prints goes to standard error.
 */
export const convertProgram = `
import io, json, os, sys, zipfile

answer = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
kind, name, source = sys.argv[1:4]


def finish(head, body=b""):
    answer.write(json.dumps(head).encode() + b"\\n" + body)
    answer.flush()
    os._exit(0)


def refuse(status, problem):
    finish({"status": status, "problem": str(problem)})


try:
    import nbformat
    from nbconvert.exporters.base import get_exporter
except ImportError as error:
    refuse("absent", "nbconvert is not installed in this workspace: %s" % error)

try:
    if source == "file":
        with open(name, encoding="utf-8") as file:
            text = file.read()
    else:
        text = sys.stdin.read()
except FileNotFoundError as error:
    refuse("missing", error)
except (OSError, UnicodeDecodeError) as error:
    refuse("unreadable", error)

stem = os.path.splitext(os.path.basename(name))[0] or "notebook"
try:
    notebook = nbformat.reads(text, as_version=4)
    resources = {"metadata": {"name": stem, "path": os.path.dirname(os.path.abspath(name))}}
    exporter = get_exporter(kind)()
    output, resources = exporter.from_notebook_node(notebook, resources=resources)
except BaseException as error:
    refuse("failed", "%s: %s" % (type(error).__name__, error))

body = output.encode("utf-8") if isinstance(output, str) else output
file_name = stem + (resources.get("output_extension") or ".txt")
beside = resources.get("outputs") or {}
if beside:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(file_name, body)
        for path, data in beside.items():
            files.writestr(os.path.basename(path), data)
    finish({"status": "ok", "mimetype": "application/zip", "fileName": stem + ".zip", "isZip": True}, archive.getvalue())
finish({"status": "ok", "mimetype": exporter.output_mimetype or "", "fileName": file_name, "isZip": False}, body)
`;
