/*
 * Two colour maps.
 *
 * Sequential: viridis, S. van der Walt and N. Smith's default of matplotlib (2015, CC0), as the
 * sixth-degree polynomials fitted to it by M. Zucker (2019, CC0), within 5/255 of the original.
 *
 * Diverging: drawn in Oklab (B. Ottosson 2020, "A perceptual color space for image processing"):
 * lightness falls in a straight line from white to both ends, so that equal steps look equal and
 * v and -v are equally light; blue against orange-red, which protanopes, deuteranopes and
 * tritanopes all tell apart.
 */
#include <math.h>

#include <induct/picture/picture.h>

static const struct ind_rgb no_value = {222, 222, 222};

static uint8_t to_byte(double level)
{
    return (uint8_t)lround(255.0 * fmin(1.0, fmax(0.0, level)));
}

static double polynomial(const double c[7], double t)
{
    double sum = c[6];
    for (int i = 5; i >= 0; i--)
        sum = sum * t + c[i];
    return sum;
}

static struct ind_rgb viridis(double t)
{
    static const double r[7] = {0.2777273272234177, 0.1050930431085774, -0.3308618287255563,
                                -4.634230498983486, 6.228269936347081,  4.776384997670288,
                                -5.435455855934631};
    static const double g[7] = {0.005407344544966578, 1.404613529898575, 0.214847559468213,
                                -5.799100973351585,   14.17993336680509, -13.74514537774601,
                                4.645852612178535};
    static const double b[7] = {0.3340998053353061, 1.384590162594685, 0.09509516302823659,
                                -19.33244095627987, 56.69055260068105, -65.35303263337234,
                                26.3124352495832};
    return (struct ind_rgb){to_byte(polynomial(r, t)), to_byte(polynomial(g, t)),
                            to_byte(polynomial(b, t))};
}

static double srgb_gamma(double linear)
{
    linear = fmin(1.0, fmax(0.0, linear));
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
}

static struct ind_rgb oklab_to_rgb(double lightness, double a, double b)
{
    double l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3.0);
    double m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3.0);
    double s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3.0);
    return (struct ind_rgb){
        to_byte(srgb_gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)),
        to_byte(srgb_gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)),
        to_byte(srgb_gamma(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s))};
}

/* `side` in [-1,1]; 0 is white. */
static struct ind_rgb blue_white_red(double side)
{
    const double degree = acos(-1.0) / 180.0;
    double distance = fabs(side);
    double hue = (side < 0.0 ? 252.0 : 34.0) * degree;
    double lightness = 1.0 - 0.58 * distance;
    /* Rises fast from white and bends down at the end, where dark colours have less room. */
    double chroma = 0.36 * distance * (1.0 - 0.65 * distance);
    if (distance == 0.0)
        return (struct ind_rgb){255, 255, 255};
    return oklab_to_rgb(lightness, chroma * cos(hue), chroma * sin(hue));
}

struct ind_rgb ind_colormap_at(enum ind_colormap map, double t)
{
    if (isnan(t))
        return no_value;
    t = fmin(1.0, fmax(0.0, t));
    return map == IND_COLORMAP_DIVERGING ? blue_white_red(2.0 * t - 1.0) : viridis(t);
}

struct ind_rgb ind_colormap_value(enum ind_colormap map, double value, double lo, double hi)
{
    if (isnan(value))
        return no_value;
    if (map == IND_COLORMAP_DIVERGING) {
        double limit = fmax(fabs(lo), fabs(hi));
        return ind_colormap_at(map, limit > 0.0 ? 0.5 + 0.5 * value / limit : 0.5);
    }
    return ind_colormap_at(map, hi > lo ? (value - lo) / (hi - lo) : 0.5);
}
