/* AdamW in C, on the probes of `adamw conform --export-probe`; docs/conformance.md says how they get in and out.

   In, separated by blanks, for each probe: name d steps weight_decay beta1 beta2 eps, then start, curvature and center (d numbers each),
   then for every step lr and the forcing (d numbers). Out: the CSV file that `adamw conform --trajectory` judges. */
#include <math.h>
#include <stdio.h>

enum { MOST = 16 };

static double number(void) {
    double x = 0;
    if (scanf("%lf", &x) != 1) fprintf(stderr, "a number is missing\n");
    return x;
}

static void row(double *x, int d) {
    for (int i = 0; i < d; i++) x[i] = number();
}

int main(void) {
    char name[64];
    int d, steps;
    puts("probe,step,w0,w1,w2,w3,w4,w5");
    while (scanf("%63s %d %d", name, &d, &steps) == 3 && d <= 6) {
        double weight_decay = number(), beta1 = number(), beta2 = number(), eps = number();
        double w[MOST], curvature[MOST], center[MOST], forcing[MOST], m[MOST] = {0}, v[MOST] = {0};
        row(w, d), row(curvature, d), row(center, d);
        for (char *c = name; *c; c++)
            if (*c == '_') *c = ' ';
        for (int t = 1; t <= steps; t++) {
            double lr = number();
            row(forcing, d);
            printf("%s,%d", name, t);
            for (int i = 0; i < 6; i++) {
                if (i >= d) {
                    printf(",");
                    continue;
                }
                double g = curvature[i] * (w[i] - center[i]) + forcing[i];
                m[i] = beta1 * m[i] + (1 - beta1) * g;
                v[i] = beta2 * v[i] + (1 - beta2) * g * g;
                double m_hat = m[i] / (1 - pow(beta1, t)), v_hat = v[i] / (1 - pow(beta2, t));
                w[i] -= lr * weight_decay * w[i] + lr * m_hat / (sqrt(v_hat) + eps);
                printf(",%.17g", w[i]);
            }
            puts("");
        }
    }
    return 0;
}
