/** {@code hone bench}: the work of a training step or of a generation, measured. */
@NullMarked
package dev.hone.app.bench;

import org.jspecify.annotations.NullMarked;
