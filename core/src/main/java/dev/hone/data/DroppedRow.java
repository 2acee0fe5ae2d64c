package dev.hone.data;

/** Says why one row cannot be trained on; whoever reads the rows counts and lists it. */
public final class DroppedRow extends Exception {
  private static final long serialVersionUID = 1L;

  public DroppedRow(String reason) {
    super(reason);
  }

  /** Why, in a few words. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
