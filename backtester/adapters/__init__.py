"""Everything that carries a request from elsewhere: worker, batch, REST, queue. They come with later parts."""
