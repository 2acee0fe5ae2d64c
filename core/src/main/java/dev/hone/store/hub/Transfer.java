package dev.hone.store.hub;

/** Hears how far the files on their way are, all of them together; from one thread at a time. */
@FunctionalInterface
public interface Transfer {
  Transfer SILENT = (_, _) -> {};

  /**
   * @param done bytes that are there, those of an earlier try included
   * @param total bytes of all files that were missing
   */
  void moved(long done, long total);
}
