/* Element types: their names in safetensors, sizes, and how one becomes a float32. */
#include <induct/format/safetensors.h>

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} DTYPES[] = {
    [IND_F64] = {"F64", 8},         [IND_F32] = {"F32", 4},         [IND_F16] = {"F16", 2},
    [IND_BF16] = {"BF16", 2},       [IND_I64] = {"I64", 8},         [IND_I32] = {"I32", 4},
    [IND_I16] = {"I16", 2},         [IND_I8] = {"I8", 1},           [IND_U8] = {"U8", 1},
    [IND_BOOL] = {"BOOL", 1},       [IND_U16] = {"U16", 2},         [IND_U32] = {"U32", 4},
    [IND_U64] = {"U64", 8},         [IND_F8_E4M3] = {"F8_E4M3", 1}, [IND_F8_E5M2] = {"F8_E5M2", 1},
    [IND_F8_E8M0] = {"F8_E8M0", 1}, [IND_C64] = {"C64", 8},
};

size_t ind_dtype_size(enum ind_dtype dtype)
{
    return DTYPES[dtype].size;
}

const char *ind_dtype_name(enum ind_dtype dtype)
{
    return DTYPES[dtype].name;
}

bool ind_dtype_parse(const char *name, enum ind_dtype *out)
{
    for (size_t i = 0; i < sizeof DTYPES / sizeof *DTYPES; i++) {
        if (strcmp(DTYPES[i].name, name) == 0) {
            *out = (enum ind_dtype)i;
            return true;
        }
    }
    return false;
}

bool ind_dtype_is_float(enum ind_dtype dtype)
{
    return dtype <= IND_BF16;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 mantissa bits. */
static float from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 0x1f;
    uint32_t mantissa = half & 0x3ff;
    if (exponent == 0x1f)
        return from_bits(sign | 0x7f800000u | mantissa << 13);
    if (exponent == 0) {
        float value = ldexpf((float)mantissa, -24); /* zero and subnormals, exactly */
        return sign ? -value : value;
    }
    return from_bits(sign | (exponent + 127 - 15) << 23 | mantissa << 13);
}

float ind_dtype_to_float(enum ind_dtype dtype, const void *bytes)
{
    const uint8_t *octets = bytes;
    uint64_t word = 0;
    for (size_t i = 0; i < DTYPES[dtype].size; i++)
        word |= (uint64_t)octets[i] << (8 * i);
    switch (dtype) {
    case IND_F64: {
        double value;
        memcpy(&value, &word, sizeof value);
        return (float)value;
    }
    case IND_F32:
        return from_bits((uint32_t)word);
    case IND_F16:
        return from_half((uint16_t)word);
    case IND_BF16:
        return from_bits((uint32_t)word << 16);
    case IND_I64:
        return (float)(int64_t)word;
    case IND_I32:
        return (float)(int32_t)(uint32_t)word;
    case IND_I16:
        return (float)(int16_t)(uint16_t)word;
    case IND_I8:
        return (float)(int8_t)(uint8_t)word;
    case IND_F8_E4M3:
    case IND_F8_E5M2:
    case IND_F8_E8M0:
    case IND_C64:
        return NAN;
    case IND_U8:
    case IND_BOOL:
    case IND_U16:
    case IND_U32:
    case IND_U64:
        break;
    }
    return (float)word;
}
