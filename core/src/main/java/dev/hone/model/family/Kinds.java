package dev.hone.model.family;

import dev.hone.model.LayerKind;
import java.util.ArrayList;
import java.util.List;

/** The kinds of layers of one stack, numbered as they are met. */
final class Kinds {
  private final List<LayerKind> met = new ArrayList<>();

  int of(LayerKind kind) {
    if (!met.contains(kind)) {
      met.add(kind);
    }
    return met.indexOf(kind);
  }

  List<LayerKind> all() {
    return List.copyOf(met);
  }
}
