"""Interpolated modified Kneser-Ney on token ids, with numpy: the baseline of the model card."""
import numpy as np

P = np.uint64(0x9E3779B97F4A7C15)
Q = np.uint64(0xBF58476D1CE4E5B9)


def mix(x):
    x = (x ^ (x >> np.uint64(30))) * Q
    return x ^ (x >> np.uint64(27))


def keys(docs, order):
    """For n = 1..order: (key of the n-gram ending at each position, is it inside one document), and the ids."""
    ids = np.concatenate(docs).astype(np.uint64)
    place = np.concatenate([np.arange(len(d)) for d in docs])
    out = [(mix((ids + np.uint64(1)) * P), np.ones(len(ids), bool))]
    for n in range(2, order + 1):
        prev = np.empty_like(ids)
        prev[0], prev[1:] = 0, out[-1][0][:-1]
        out.append((mix(prev * P + ids + np.uint64((1 + n * int(Q)) % 2 ** 64)), place >= n - 1))
    return out, ids, place


class KneserNey:
    def __init__(self, docs, vocab, order=5):
        self.order, self.vocab = order, vocab
        ks, ids, place = keys(docs, order)
        with np.errstate(over="ignore"):
            self._build(ks)

    def _build(self, ks):
        order = self.order
        self.levels = []
        uniq = []
        for n in range(1, order + 1):
            k, ok = ks[n - 1]
            pos = np.nonzero(ok)[0]
            u, first, count = np.unique(k[pos], return_index=True, return_counts=True)
            uniq.append((u, pos[first], count))
        for n in range(1, order + 1):
            u, first, count = uniq[n - 1]
            c = count.astype(np.float64)
            if n < order:  # lower orders: how many different words stand before it
                v, vfirst, _ = uniq[n]
                suffix = ks[n - 1][0][vfirst]
                su, sc = np.unique(suffix, return_counts=True)
                cont = np.zeros(len(u))
                cont[np.searchsorted(u, su)] = sc
                c = np.where(cont > 0, cont, c)  # at the start of a document nothing stands before
            t = [float((c == i).sum()) for i in (1, 2, 3, 4)]
            y = t[0] / max(t[0] + 2 * t[1], 1)
            D = [0.0] + [min(max(i - (i + 1) * y * t[i] / max(t[i - 1], 1), 0.1), i) for i in (1, 2, 3)]
            d = np.array(D)[np.minimum(c, 3).astype(int)]
            if n == 1:
                ctx = np.zeros(len(u), np.uint64)
            else:
                ctx = ks[n - 2][0][first - 1]
            cu, inv = np.unique(ctx, return_inverse=True)
            total = np.bincount(inv, weights=c)
            gamma = np.bincount(inv, weights=d) / total
            p = (c - d) / total[inv]
            self.levels.append((u, p, cu, gamma))

    def nll(self, docs):
        """Negative log-likelihood (nats) of every token but the first of each document."""
        ks, ids, place = keys(docs, self.order)
        p = np.full(len(ids), 1.0 / self.vocab)
        for n in range(1, self.order + 1):
            u, pr, cu, gamma = self.levels[n - 1]
            k, ok = ks[n - 1]
            if n == 1:
                ctx = np.zeros(len(ids), np.uint64)
            else:
                ctx = np.empty_like(ids)
                ctx[0], ctx[1:] = 0, ks[n - 2][0][:-1]
            j = np.minimum(np.searchsorted(cu, ctx), len(cu) - 1)
            have = ok & (cu[j] == ctx)
            i = np.minimum(np.searchsorted(u, k), len(u) - 1)
            top = np.where(u[i] == k, pr[i], 0.0)
            p = np.where(have, top + gamma[j] * p, p)
        out, s = [], 0
        lp = -np.log(p)
        for d in docs:
            out.append(lp[s + 1:s + len(d)])
            s += len(d)
        return out


if __name__ == "__main__":  # a check: probabilities over the vocabulary sum to one
    r = np.random.default_rng(0)
    docs = [np.concatenate(([0], r.integers(1, 20, 30) * r.integers(0, 2, 30))) for _ in range(200)]
    lm = KneserNey(docs, 21, 3)
    h = [0, 5, 0, 7]
    s = sum(np.exp(-lm.nll([np.array(h + [w])])[0][-1]) for w in range(21))
    print("sum of probabilities", s)
