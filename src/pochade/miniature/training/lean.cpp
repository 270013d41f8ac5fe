// What stands between the matrix products of a Flux2 transformer block, forward and backward, for training on a CPU.
//
// Eager PyTorch goes over memory once for every multiplication; at the miniature's widths that takes longer than the
// products themselves. Each function here goes over it once: it reads bf16, reckons in float, writes bf16. The products
// stay PyTorch's. Tensors are contiguous; B samples, S tokens, D channels, H heads of 64 channels each.

#include <ATen/Parallel.h>
#include <torch/extension.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

using at::Tensor;
using half = at::BFloat16;

constexpr int HEAD = 64;      // channels of a head, in every shape of the miniature
constexpr int WIDEST = 1024;  // channels of a token, and tokens of a sample, that fit the rows on the stack
constexpr float EPSILON = 1e-6f;

const half* in(const Tensor& tensor) { return tensor.const_data_ptr<half>(); }
half* out(const Tensor& tensor) { return tensor.mutable_data_ptr<half>(); }
float* reals(const Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }

// Sizes are checked once a call, here and below: past the end of a tensor lies somebody else's memory.
void check(const Tensor& mod, int64_t B, int64_t D, int64_t at) {
  TORCH_CHECK(D <= WIDEST, "tokens have ", D, " channels; at most ", WIDEST, " are provided for");
  TORCH_CHECK(mod.is_contiguous() && mod.dim() == 2 && mod.size(0) == B && at + D <= mod.size(1),
              "the modulation is ", mod.sizes(), ", which does not hold ", D, " channels from ", at, " on for each of ", B);
}

template <typename Work>
void each(int64_t count, Work work) {
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) work(i);
  });
}

// ------------------------------------------------------------------------------------------- norm, scale and shift

// y = norm(x) · (1 + scale) + shift, with shift and scale of each sample at two places of its row of `mod`.
std::vector<Tensor> norm(Tensor x, Tensor mod, int64_t shift_at, int64_t scale_at) {
  const int64_t B = x.size(0), S = x.size(1), D = x.size(2), K = mod.size(1);
  check(mod, B, D, shift_at), check(mod, B, D, scale_at);
  Tensor y = at::empty_like(x), moments = at::empty({B, S, 2}, mod.options());
  each(B, [&](int64_t i) {
    const float *shift = reals(mod) + i * K + shift_at, *scale = reals(mod) + i * K + scale_at;
    for (int64_t row = i * S; row < (i + 1) * S; row++) {
      const half* from = in(x) + row * D;
      half* to = out(y) + row * D;
      float t[WIDEST], mean = 0, spread = 0;
      for (int d = 0; d < D; d++) t[d] = from[d], mean += t[d];
      mean /= D;
      for (int d = 0; d < D; d++) spread += (t[d] - mean) * (t[d] - mean);
      const float inverse = 1 / std::sqrt(spread / D + EPSILON);
      for (int d = 0; d < D; d++) to[d] = (t[d] - mean) * inverse * (1 + scale[d]) + shift[d];
      reals(moments)[2 * row] = mean, reals(moments)[2 * row + 1] = inverse;
    }
  });
  return {y, moments};
}

// The gradients of x and of `mod`.
std::vector<Tensor> norm_back(Tensor dy, Tensor x, Tensor mod, Tensor moments, int64_t shift_at, int64_t scale_at) {
  const int64_t B = x.size(0), S = x.size(1), D = x.size(2), K = mod.size(1);
  Tensor dx = at::empty_like(x), dmod = at::zeros_like(mod);
  each(B, [&](int64_t i) {
    const float* scale = reals(mod) + i * K + scale_at;
    float *dshift = reals(dmod) + i * K + shift_at, *dscale = reals(dmod) + i * K + scale_at;
    for (int64_t row = i * S; row < (i + 1) * S; row++) {
      const half *from = in(x) + row * D, *g = in(dy) + row * D;
      half* to = out(dx) + row * D;
      const float mean = reals(moments)[2 * row], inverse = reals(moments)[2 * row + 1];
      float unit[WIDEST], t[WIDEST], sum = 0, dot = 0;
      for (int d = 0; d < D; d++) {
        const float grad = g[d];
        unit[d] = (from[d] - mean) * inverse;
        t[d] = grad * (1 + scale[d]);
        dshift[d] += grad, dscale[d] += grad * unit[d];
        sum += t[d], dot += t[d] * unit[d];
      }
      sum /= D, dot /= D;
      for (int d = 0; d < D; d++) to[d] = inverse * (t[d] - sum - unit[d] * dot);
    }
  });
  return {dx, dmod};
}

// --------------------------------------------------------------------------------------------------- gated addition

// x + gate · y
Tensor gated(Tensor x, Tensor y, Tensor mod, int64_t gate_at) {
  const int64_t B = x.size(0), S = x.size(1), D = x.size(2), K = mod.size(1);
  check(mod, B, D, gate_at);
  TORCH_CHECK(x.sizes() == y.sizes(), "what is added has another shape: ", x.sizes(), " and ", y.sizes());
  Tensor sum = at::empty_like(x);
  each(B, [&](int64_t i) {
    const float* gate = reals(mod) + i * K + gate_at;
    for (int64_t row = i * S; row < (i + 1) * S; row++) {
      const half *a = in(x) + row * D, *b = in(y) + row * D;
      half* to = out(sum) + row * D;
      for (int d = 0; d < D; d++) to[d] = a[d] + gate[d] * b[d];
    }
  });
  return sum;
}

// The gradients of y and of `mod`; that of x is `dsum` itself.
std::vector<Tensor> gated_back(Tensor dsum, Tensor y, Tensor mod, int64_t gate_at) {
  const int64_t B = y.size(0), S = y.size(1), D = y.size(2), K = mod.size(1);
  Tensor dy = at::empty_like(y), dmod = at::zeros_like(mod);
  each(B, [&](int64_t i) {
    const float* gate = reals(mod) + i * K + gate_at;
    float* dgate = reals(dmod) + i * K + gate_at;
    for (int64_t row = i * S; row < (i + 1) * S; row++) {
      const half *g = in(dsum) + row * D, *b = in(y) + row * D;
      half* to = out(dy) + row * D;
      for (int d = 0; d < D; d++) {
        const float grad = g[d];
        to[d] = grad * gate[d];
        dgate[d] += grad * b[d];
      }
    }
  });
  return {dy, dmod};
}

// ------------------------------------------------------------------------------------------------------------ SwiGLU

void swiglu_row(const half* p, half* h, int64_t M) {
  for (int64_t d = 0; d < M; d++) {
    const float gate = p[d], value = p[M + d];
    h[d] = gate / (1 + std::exp(-gate)) * value;
  }
}

void swiglu_row_back(const half* dh, const half* p, half* dp, int64_t M) {
  for (int64_t d = 0; d < M; d++) {
    const float gate = p[d], value = p[M + d], grad = dh[d], open = 1 / (1 + std::exp(-gate));
    dp[d] = grad * value * open * (1 + gate * (1 - open));
    dp[M + d] = grad * gate * open;
  }
}

Tensor swiglu(Tensor p) {
  const int64_t rows = p.size(0) * p.size(1), M = p.size(2) / 2;
  Tensor h = at::empty({p.size(0), p.size(1), M}, p.options());
  each(rows, [&](int64_t i) { swiglu_row(in(p) + 2 * i * M, out(h) + i * M, M); });
  return h;
}

Tensor swiglu_back(Tensor dh, Tensor p) {
  const int64_t rows = p.size(0) * p.size(1), M = p.size(2) / 2;
  Tensor dp = at::empty_like(p);
  each(rows, [&](int64_t i) { swiglu_row_back(in(dh) + i * M, in(p) + 2 * i * M, out(dp) + 2 * i * M, M); });
  return dp;
}

// --------------------------------------------------------------------------------------------------------- attention

// Root-mean-square norm with weights, then the rotary turn of neighbouring channels; `scale` is attention's own.
void turn(const half* x, const float* weight, const float* cosine, const float* sine, float scale, half* y,
          float& inverse) {
  float t[HEAD], u[HEAD], square = 0;
  for (int d = 0; d < HEAD; d++) t[d] = x[d], square += t[d] * t[d];
  inverse = 1 / std::sqrt(square / HEAD + EPSILON);
  for (int d = 0; d < HEAD; d++) t[d] *= inverse * weight[d];
  for (int d = 0; d < HEAD; d += 2) u[d] = -t[d + 1], u[d + 1] = t[d];
  for (int d = 0; d < HEAD; d++) y[d] = (t[d] * cosine[d] + u[d] * sine[d]) * scale;
}

void turn_back(const half* dy, const half* x, const float* weight, const float* cosine, const float* sine, float scale,
               float inverse, half* dx, float* dweight) {
  float g[HEAD], s[HEAD], t[HEAD], unit[HEAD], dot = 0;
  for (int d = 0; d < HEAD; d++) g[d] = dy[d] * scale, s[d] = g[d] * sine[d], g[d] *= cosine[d];
  for (int d = 0; d < HEAD; d += 2) t[d] = g[d] + s[d + 1], t[d + 1] = g[d + 1] - s[d];
  for (int d = 0; d < HEAD; d++) {
    unit[d] = x[d] * inverse;
    dweight[d] += t[d] * unit[d];
    t[d] *= weight[d];
    dot += t[d] * unit[d];
  }
  dot /= HEAD;
  for (int d = 0; d < HEAD; d++) dx[d] = inverse * (t[d] - unit[d] * dot);
}

void softmax_(Tensor scores) {
  const int64_t rows = scores.size(0) * scores.size(1), S = scores.size(2);
  each(rows, [&](int64_t i) {
    half* row = out(scores) + i * S;
    float t[WIDEST], most = -INFINITY, sum = 0;
    for (int j = 0; j < S; j++) t[j] = row[j], most = std::max(most, t[j]);
    for (int j = 0; j < S; j++) t[j] = std::exp(t[j] - most), sum += t[j];
    for (int j = 0; j < S; j++) row[j] = t[j] / sum;
  });
}

void softmax_back_(Tensor dscores, Tensor shares) {
  const int64_t rows = shares.size(0) * shares.size(1), S = shares.size(2);
  each(rows, [&](int64_t i) {
    const half* share = in(shares) + i * S;
    half* grad = out(dscores) + i * S;
    float dot = 0;
    for (int j = 0; j < S; j++) dot += share[j] * grad[j];
    for (int j = 0; j < S; j++) grad[j] = share[j] * (grad[j] - dot);
  });
}

// From what the first product of a block gives, p (B, S, 3D + 2M), to what its last one takes, (B, S, D + M):
// attention in the first D channels, SwiGLU of the rest of p, where there is any, in the others.
//
// `weights` (4, 64) are the norms of query and key for the first `words` tokens and for all others; `places`
// (2, S, 64) the cosines and sines of the tokens' positions.
std::vector<Tensor> attend(Tensor p, Tensor weights, Tensor places, int64_t words, int64_t H) {
  const int64_t B = p.size(0), S = p.size(1), L = p.size(2), D = H * HEAD, M = (L - 3 * D) / 2;
  TORCH_CHECK(S <= WIDEST, "samples have ", S, " tokens; at most ", WIDEST, " are provided for");
  TORCH_CHECK(L >= 3 * D && (L - 3 * D) % 2 == 0, "tokens of ", L, " channels do not hold ", H, " heads of ", HEAD);
  TORCH_CHECK(weights.is_contiguous() && weights.sizes() == at::IntArrayRef({4, HEAD}), "the norms are ", weights.sizes());
  TORCH_CHECK(places.is_contiguous() && places.sizes() == at::IntArrayRef({2, S, HEAD}), "positions are ", places.sizes());
  Tensor query = at::empty({B * H, S, HEAD}, p.options()), key = at::empty_like(query), value = at::empty_like(query);
  Tensor inverses = at::empty({B, S, H, 2}, weights.options());
  each(B * S, [&](int64_t row) {
    const int64_t i = row / S, j = row % S;
    const half* from = in(p) + row * L;
    const float *weight = reals(weights) + (j < words ? 0 : 2 * HEAD), *cosine = reals(places) + j * HEAD;
    for (int64_t h = 0; h < H; h++) {
      const int64_t to = ((i * H + h) * S + j) * HEAD;
      float* inverse = reals(inverses) + (row * H + h) * 2;
      turn(from + h * HEAD, weight, cosine, cosine + S * HEAD, 1 / std::sqrt(float(HEAD)), out(query) + to, inverse[0]);
      turn(from + D + h * HEAD, weight + HEAD, cosine, cosine + S * HEAD, 1, out(key) + to, inverse[1]);
      std::memcpy(out(value) + to, from + 2 * D + h * HEAD, HEAD * sizeof(half));
    }
  });
  Tensor shares = at::bmm(query, key.transpose(1, 2));
  softmax_(shares);
  Tensor seen = at::bmm(shares, value), joined = at::empty({B, S, D + M}, p.options());
  each(B * S, [&](int64_t row) {
    const int64_t i = row / S, j = row % S;
    half* to = out(joined) + row * (D + M);
    for (int64_t h = 0; h < H; h++)
      std::memcpy(to + h * HEAD, in(seen) + ((i * H + h) * S + j) * HEAD, HEAD * sizeof(half));
    swiglu_row(in(p) + row * L + 3 * D, to + D, M);
  });
  return {joined, query, key, value, shares, inverses};
}

// The gradients of p and of the weights.
std::vector<Tensor> attend_back(Tensor djoined, Tensor p, Tensor weights, Tensor places, Tensor query, Tensor key,
                                Tensor value, Tensor shares, Tensor inverses, int64_t words, int64_t H) {
  const int64_t B = p.size(0), S = p.size(1), L = p.size(2), D = H * HEAD, M = (L - 3 * D) / 2;
  Tensor dseen = at::empty_like(query), dp = at::empty_like(p);
  Tensor dweights = at::zeros({B, 4, HEAD}, weights.options());  // one a sample, since samples are shared out to threads
  each(B * S, [&](int64_t row) {
    const int64_t i = row / S, j = row % S;
    const half* from = in(djoined) + row * (D + M);
    for (int64_t h = 0; h < H; h++)
      std::memcpy(out(dseen) + ((i * H + h) * S + j) * HEAD, from + h * HEAD, HEAD * sizeof(half));
    swiglu_row_back(from + D, in(p) + row * L + 3 * D, out(dp) + row * L + 3 * D, M);
  });
  Tensor dvalue = at::bmm(shares.transpose(1, 2), dseen), dscores = at::bmm(dseen, value.transpose(1, 2));
  softmax_back_(dscores, shares);
  Tensor dquery = at::bmm(dscores, key), dkey = at::bmm(dscores.transpose(1, 2), query);
  each(B, [&](int64_t i) {
    for (int64_t j = 0; j < S; j++) {
      const int64_t row = i * S + j, which = j < words ? 0 : 2 * HEAD;
      const float *weight = reals(weights) + which, *cosine = reals(places) + j * HEAD, *sine = cosine + S * HEAD;
      float* dweight = reals(dweights) + i * 4 * HEAD + which;
      const half* from = in(p) + row * L;
      half* to = out(dp) + row * L;
      for (int64_t h = 0; h < H; h++) {
        const int64_t at = ((i * H + h) * S + j) * HEAD;
        const float* inverse = reals(inverses) + (row * H + h) * 2;
        turn_back(in(dquery) + at, from + h * HEAD, weight, cosine, sine, 1 / std::sqrt(float(HEAD)), inverse[0],
                  to + h * HEAD, dweight);
        turn_back(in(dkey) + at, from + D + h * HEAD, weight + HEAD, cosine, sine, 1, inverse[1], to + D + h * HEAD,
                  dweight + HEAD);
        std::memcpy(to + 2 * D + h * HEAD, in(dvalue) + at, HEAD * sizeof(half));
      }
    }
  });
  return {dp, dweights.sum(0)};
}

}  // namespace

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("norm", &norm);
  m.def("norm_back", &norm_back);
  m.def("gated", &gated);
  m.def("gated_back", &gated_back);
  m.def("swiglu", &swiglu);
  m.def("swiglu_back", &swiglu_back);
  m.def("attend", &attend);
  m.def("attend_back", &attend_back);
}
