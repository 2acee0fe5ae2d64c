/** Messages, chat templates, label masks. */
@NullMarked
package dev.hone.data.chat;

import org.jspecify.annotations.NullMarked;
