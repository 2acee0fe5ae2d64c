package dev.hone.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/** Uses tensors as a careless program would: dead ones, unfitting ones, kept ones, all mixed. */
final class Fuzz {
  private static final int POOL = 24;

  private final Random random;
  private final Deque<Scope> scopes = new ArrayDeque<>();
  private final List<Tensor> pool = new ArrayList<>();
  private final List<Tensor> kept = new ArrayList<>();
  private int worked;
  private int refused;

  private final boolean collect;

  /**
   * @param collect whether the garbage collector runs between operations; it would free, and so
   *     hide, what was leaked
   */
  Fuzz(long seed, boolean collect) {
    random = new Random(seed);
    this.collect = collect;
  }

  void run(int operations) {
    for (int i = 0; i < operations; i++) {
      try {
        pool.add(step());
        worked++;
      } catch (IllegalStateException | IllegalArgumentException e) {
        refused++;
      }
      if (pool.size() > POOL) {
        pool.remove(random.nextInt(pool.size()));
      }
      if (collect && i % 200 == 199) {
        System.gc();
      }
    }
    scopes.forEach(Scope::close);
    kept.forEach(Tensor::close);
    assertTrue(worked > operations / 3, worked + " operations worked");
    assertTrue(refused > operations / 20, refused + " operations were refused");
  }

  private Tensor any() {
    if (pool.isEmpty()) {
      return made();
    }
    return pool.get(random.nextInt(pool.size()));
  }

  private Tensor made() {
    return Tensors.normal(0, 1, 1 + random.nextInt(3), 1 + random.nextInt(3));
  }

  private Tensor step() {
    switch (random.nextInt(12)) {
      case 0 -> scopes.push(Scope.open());
      case 1 -> {
        if (!scopes.isEmpty()) {
          scopes.pop().close();
        }
      }
      case 2 -> kept.add(any().keep());
      case 3 -> {
        if (!kept.isEmpty()) {
          kept.remove(random.nextInt(kept.size())).close();
        }
      }
      default -> {
        return operation(any(), any());
      }
    }
    return made();
  }

  private Tensor operation(Tensor a, Tensor b) {
    return switch (random.nextInt(16)) {
      case 0 -> a.add(b);
      case 1 -> a.mul(b).tanh();
      case 2 -> a.matmul(b);
      case 3 -> a.t();
      case 4 -> a.sum(random.nextInt(3) - 1).unsqueeze(0);
      case 5 -> Tensors.cat(List.of(a, b), random.nextInt(2));
      case 6 -> a.narrow(0, random.nextInt(2), 1);
      case 7 -> a.softmax(-1).contiguous();
      case 8 -> {
        a.addInPlace(b.detach(), 0.1);
        yield a;
      }
      case 9 -> {
        Tensor leaf = a.detach().copy().requiresGrad(true);
        leaf.mul(b.detach()).sum().backward();
        Tensor gradient = leaf.grad();
        yield gradient == null ? leaf : gradient;
      }
      case 10 -> Functional.linear(a, b, null);
      case 11 -> a.view(-1, 1);
      case 12 -> Functional.rmsNorm(a, null, 1e-5);
      case 13 -> {
        try (GradMode off = GradMode.off()) {
          yield a.square().chunk(1 + random.nextInt(2), 1)[0];
        }
      }
      case 14 -> a.to(random.nextBoolean() ? DType.BF16 : DType.F32);
      default -> {
        assertTrue(a.toFloats().length == a.numel());
        yield made();
      }
    };
  }
}
