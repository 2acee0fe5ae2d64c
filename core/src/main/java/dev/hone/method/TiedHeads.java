package dev.hone.method;

import dev.hone.model.Embedding;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The heads that are the table of tokens and change with it ({@code ensure_weight_tying}): whoever
 * names one of them means the table.
 *
 * @param heads none where an adapter does not ask for it
 */
record TiedHeads(Embedding table, List<Linear> heads) {
  static TiedHeads of(PeftConfig config, Model model) {
    Embedding table = model.backbone().tokens();
    return new TiedHeads(
        table,
        config.ensureWeightTying()
            ? model.linears().values().stream()
                .filter(linear -> linear.weight().name().equals(table.weight().name()))
                .toList()
            : List.of());
  }

  /** The targets with the table in place of its heads. */
  Set<String> targets(Set<String> named) {
    Set<String> targets = new LinkedHashSet<>(named);
    if (targets.removeIf(name -> heads.stream().anyMatch(head -> head.name().equals(name)))) {
      targets.add(table.name());
    }
    return targets;
  }

  /** The parameter that is meant by this one. */
  String parameter(String named) {
    return heads.stream().anyMatch(head -> named.equals(head.name() + ".weight"))
        ? table.weight().name()
        : named;
  }
}
