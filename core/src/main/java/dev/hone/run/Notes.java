package dev.hone.run;

import dev.hone.data.SplitReport;
import dev.hone.tensor.Precision;
import java.util.Locale;

/** Sentences that tell what was read. */
final class Notes {
  private Notes() {}

  /** What the base's weights take in memory. */
  static String weights(Base base) {
    long bytes = base.model().weightBytes();
    long count = base.model().parameterCount();
    return String.format(
        Locale.ROOT,
        "%,d weights in %.1f MB of memory, %.2f bytes each (dtype: %s), multiplied as %s",
        count,
        bytes / 1e6,
        (double) bytes / count,
        base.storage().word(),
        Precision.type());
  }

  static String data(Prepared rows) {
    SplitReport report = rows.splits().report();
    int dropped = report.dropped().size() + rows.dropped().size();
    StringBuilder note = new StringBuilder();
    note.append(report.rowsRead()).append(" rows: ");
    note.append(report.sizes().get("train")).append(" train, ");
    note.append(report.sizes().get("validation")).append(" validation, ");
    note.append(report.sizes().get("test")).append(" test");
    if (!rows.labels().isEmpty()) {
      note.append("; ").append(rows.labels().size()).append(" labels");
    }
    note.append("; ").append(report.duplicateGroups()).append(" groups of duplicates");
    note.append(", none shared between splits; ").append(dropped).append(" rows dropped");
    if (dropped > 0) {
      var first = report.dropped().isEmpty() ? rows.dropped() : report.dropped();
      note.append(" (").append(first.getFirst().origin()).append(": ");
      note.append(first.getFirst().reason()).append(dropped > 1 ? ", ...)" : ")");
    }
    if (rows.shortened() > 0) {
      note.append("; ").append(rows.shortened()).append(" cut to fit (data.maxTokens)");
    }
    return note.toString();
  }
}
