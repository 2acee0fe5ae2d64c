package dev.hone.generate;

import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.LmHead;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Continues token ids with a causal model, one cached column at a time.
 *
 * @param adapter what changes the base model, chosen per generator and never left behind in the
 *     model
 */
public record Generator(Model model, Adapter adapter) {

  public Generator {
    if (!(model.head() instanceof LmHead)) {
      throw new HoneException(
          model.architecture() + " cannot generate text: it has no language model head");
    }
  }

  /**
   * @param prompt at least one id
   * @param last is asked after each new token whether it is the last one
   * @return the new ids, the last one included
   */
  public int[] continued(int[] prompt, GenerationConfig config, IntPredicate last) {
    int limit = model.backbone().maxPositions();
    if (prompt.length == 0 || prompt.length >= limit) {
      throw new HoneException(
          "the prompt has " + prompt.length + " tokens; expected 1 to " + (limit - 1));
    }
    int room = Math.min(limit, prompt.length + config.maxNewTokens());
    Sampler sampler = new Sampler(config);
    Set<Integer> seen = new HashSet<>();
    for (int id : prompt) {
      seen.add(id);
    }
    List<Integer> answer = new ArrayList<>();
    try (KeyValueCache cache = new KeyValueCache(room);
        GradMode off = GradMode.off()) {
      float[] logits = logits(prompt, cache);
      while (true) {
        int token = sampler.next(logits, seen);
        answer.add(token);
        seen.add(token);
        if (last.test(token) || prompt.length + answer.size() >= room) {
          return answer.stream().mapToInt(Integer::intValue).toArray();
        }
        logits = logits(new int[] {token}, cache);
      }
    }
  }

  /** Logits after the last of these ids, which join the cache. */
  private float[] logits(int[] ids, KeyValueCache cache) {
    try (Scope scope = Scope.open()) {
      long[] wide = new long[ids.length];
      for (int i = 0; i < ids.length; i++) {
        wide[i] = ids[i];
      }
      Pass pass = Pass.plain().with(adapter).with(cache);
      Tensor hidden = model.backbone().forward(Inputs.of(Tensors.of(wide, 1, ids.length)), pass);
      return ((LmHead) model.head()).logits(hidden.narrow(1, ids.length - 1, 1), pass).toFloats();
    }
  }
}
