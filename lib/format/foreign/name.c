#include "format/foreign/name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TEXT_OF_JSON "a JSON text, which holds no weights: name the file of the weights"
#define CONVERT      "load it where it was made and torch.save() or safetensors its state dict"

/* First bytes that say what a file is; the longer of two that begin alike comes first. */
static const struct {
    size_t at, length;
    const char *bytes, *what;
} MAGIC[] = {
    {0, 42, "version https://git-lfs.github.com/spec/v1",
     "a git-LFS pointer, not the file itself: git lfs pull fetches it"},
    {0, 24, "version https://git-lfs.", "a git-LFS pointer, not the file itself: git lfs pull"},
    {0, 16, "version https://", "a pointer to a file kept elsewhere, not the file itself"},
    {0, 15, "Entry not found", "an error message of a server (Entry not found), not the file"},
    {0, 15, "Access to model", "an error message of a server (access denied), not the file"},
    {0, 17, "Invalid username ", "an error message of a server, not the file"},
    {0, 14, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
     "PyTorch's format before 1.6: torch.load() it and torch.save() it again"},
    {0, 2, "\x1f\x8b", "compressed with gzip: gunzip it first"},
    {0, 3, "BZh", "compressed with bzip2: bunzip2 it first"},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     "compressed with xz: unxz it first"},
    {0, 4, "\x28\xb5\x2f\xfd", "compressed with zstd: unzstd it first"},
    {0, 4, "\x04\x22\x4d\x18", "compressed with lz4: unlz4 it first"},
    {0, 6, "7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
    {0, 4, "Rar!", "a rar archive: unpack it first"},
    {257, 5, "ustar", "a tar archive: unpack it and name the file in it"},
    {0, 4, "PK\5\6", "an empty zip archive"},
    {0, 4, "GGUF", "a GGUF file (llama.cpp's), whose layout is not read here: " CONVERT},
    {0, 4, "lmgg", "a GGML file (llama.cpp's), whose layout is not read here: " CONVERT},
    {0, 4, "tjgg", "a GGML file (llama.cpp's), whose layout is not read here: " CONVERT},
    {0, 4, "fmgg", "a GGML file (llama.cpp's), whose layout is not read here: " CONVERT},
    {0, 6, "\x93NUMPY", "one numpy array (.npy), not a model of named arrays: np.savez() them"},
    {0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file (.h5, Keras): " CONVERT},
    {0, 8, "\x89PNG\r\n\x1a\n", "a PNG picture"},
    {0, 3, "\xff\xd8\xff", "a JPEG picture"},
    {0, 4, "GIF8", "a GIF picture"},
    {0, 5, "%PDF-", "a PDF document"},
    {0, 4,
     "\x7f"
     "ELF",
     "a program, not a model"},
    {4, 4, "TFL3", "a TensorFlow Lite model: " CONVERT},
    {0, 15, "SQLite format 3", "an SQLite database"},
    {0, 4, "PAR1", "a Parquet table"},
    {0, 6, "ARROW1", "an Arrow table"},
    {0, 6, "MATLAB", "a MATLAB file: " CONVERT},
    {0, 2, "#!", "a script, not a model"},
    {0, 2, "\xff\xfe", "a text in UTF-16, not a model"},
    {0, 2, "\xfe\xff", "a text in UTF-16, not a model"},
};

static const char *by_magic(const char *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof MAGIC / sizeof *MAGIC; i++)
        if (size >= MAGIC[i].at + MAGIC[i].length &&
            memcmp(bytes + MAGIC[i].at, MAGIC[i].bytes, MAGIC[i].length) == 0)
            return MAGIC[i].what;
    return NULL;
}

/* ONNX is a protobuf message: field 1 (ir_version), then the producer's name as field 2, or 3. */
static bool is_onnx(const char *bytes, size_t size)
{
    return size > 8 && bytes[0] == 0x08 && bytes[1] > 0 && bytes[1] < 32 &&
           (bytes[2] == 0x12 || bytes[2] == 0x3a || bytes[2] == 0x1a || bytes[2] == 0x42);
}

/* Flax saves msgpack: a map whose first key is a short string. */
static bool is_msgpack(const char *bytes, size_t size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (size < 4)
        return false;
    if (b[0] > 0x80 && b[0] <= 0x8f)
        return b[1] >= 0xa1 && b[1] <= 0xbf;
    return b[0] == 0xde && b[3] >= 0xa1 && b[3] <= 0xbf;
}

static bool all_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

/* Printable in its first bytes (ASCII or UTF-8), as no safetensors file with its length is. */
static bool is_text(const char *bytes, size_t size)
{
    size_t look = size < 256 ? size : 256;
    for (size_t i = 0; i < look; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x20 ? !isspace(c) && c != 0x1b : c == 0x7f)
            return false;
    }
    return true;
}

static const char *kind_of_text(const char *text, size_t size)
{
    size_t at = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < size && isspace((unsigned char)text[at]))
        at++;
    char first = at < size ? text[at] : ' ';
    if (first == '<')
        return "a web page (HTML or XML), most likely an error message instead of the file: "
               "download it again";
    if (first == '{' || first == '[')
        return TEXT_OF_JSON;
    return "plain text, not a model: is it an error message instead of the file?";
}

bool ind_foreign_is_safetensors(const char *bytes, size_t size)
{
    return size > 8 && bytes[8] == '{' && bytes[7] == 0 && bytes[6] == 0 && bytes[5] == 0;
}

const char *ind_foreign_name(const char *bytes, size_t size)
{
    if (size == 0)
        return "empty: it has no bytes";
    if (ind_foreign_is_safetensors(bytes, size))
        return NULL;
    const char *what = by_magic(bytes, size);
    if (what)
        return what;
    if (size >= 2 && (unsigned char)bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
        return "a bare pickle (of numpy arrays or other objects, not torch.save's): torch.save() "
               "a dict of tensors instead";
    if (is_msgpack(bytes, size))
        return "a msgpack file (Flax): " CONVERT;
    if (is_onnx(bytes, size))
        return "an ONNX model, a graph of operations: " CONVERT;
    if (is_text(bytes, size))
        return kind_of_text(bytes, size);
    if (all_zero(bytes, size))
        return "zero bytes where a model begins: an unfinished download or a disk that was full";
    return "neither safetensors nor a PyTorch file, nor anything else known here";
}
