package dev.hone.data;

import java.util.Arrays;

/** Disjoint sets of row numbers (union-find with path halving). */
final class Groups {
  private final int[] parent;

  Groups(int size) {
    parent = new int[size];
    Arrays.setAll(parent, i -> i);
  }

  int find(int i) {
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  }

  /** The lower number stays the root, so that the depth stays small and the result is stable. */
  void join(int a, int b) {
    int rootA = find(a);
    int rootB = find(b);
    parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }
}
